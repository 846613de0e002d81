#include "tools/system_world.hpp"

#include "tests/tools/temporary_folder.hpp"
#include "tools/data_dir.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <sys/stat.h>

namespace {

class set_clock final : public domain::clock {
public:
  domain::timestamp now() const override { return domain::timestamp{at}; }
  domain::steady_time steady() const override { return {}; }
  std::chrono::milliseconds at{1'700'000'000'000};
};

unsigned mode_of(const std::string& path) {
  struct stat about {};
  REQUIRE(stat(path.c_str(), &about) == 0);
  return about.st_mode & 0777u;
}

} // namespace

TEST_CASE("ids sort by the millisecond they were made in", "[tools][ids]") {
  set_clock clock;
  tools::system_ids ids{clock};
  std::string earlier = ids.next_message().value;
  CHECK(earlier.size() == 30);
  CHECK(earlier.starts_with("msg_"));
  for (auto step : {1, 1, 31, 32, 1'000, 100'000'000}) {
    clock.at += std::chrono::milliseconds{step};
    std::string later = ids.next_message().value;
    CHECK(earlier < later);
    earlier = later;
  }
}

TEST_CASE("ids of one millisecond differ in their random part", "[tools][ids]") {
  set_clock clock;
  tools::system_ids ids{clock};
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i)
    seen.insert(ids.next_session().value);
  CHECK(seen.size() == 10'000);
  CHECK(seen.begin()->substr(0, 13) == seen.rbegin()->substr(0, 13));
}

TEST_CASE("random tokens are URL-safe and long enough", "[tools][random]") {
  tools::system_random random;
  auto token = random.token(32);
  CHECK(token.size() == 43);
  CHECK(
    token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    == std::string::npos);
  CHECK(token != random.token(32));
}

TEST_CASE("the token secret is made once and only its owner may read it", "[tools][data]") {
  tests::temporary_folder folder;
  tools::system_random random;
  auto data = folder / "a/b/data";
  REQUIRE(tools::make_data_dir(data));
  CHECK(mode_of(data) == 0700);
  auto secret = tools::kept_secret(data, random);
  REQUIRE(secret);
  CHECK(secret->size() >= 32);
  CHECK(mode_of(data + "/jwt_secret") == 0600);
  auto again = tools::kept_secret(data, random);
  REQUIRE(again);
  CHECK(*again == *secret);
  CHECK(tools::make_data_dir(data));
}

TEST_CASE("a token secret that is too short is refused, not replaced", "[tools][data]") {
  tests::temporary_folder folder;
  tools::system_random random;
  folder.with("jwt_secret", "short\n");
  auto secret = tools::kept_secret(folder / "", random);
  REQUIRE_FALSE(secret);
  CHECK(secret.error().message.find("jwt_secret") != std::string::npos);
}

TEST_CASE("a data folder that is a file is said to be unusable", "[tools][data]") {
  tests::temporary_folder folder;
  auto made = tools::make_data_dir(folder.with("data", "x"));
  REQUIRE_FALSE(made);
  CHECK(made.error().message.find("data") != std::string::npos);
}
