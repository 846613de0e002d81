#include "domain/attendance.hpp"
#include "domain/typing_set.hpp"
#include "tests/support/seed.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace domain;
using namespace std::chrono_literals;

namespace {

member_ref person(const std::string& id) {
  return {user_id{id}, id, "Name of " + id, ""};
}
session_id session(const std::string& id) {
  return session_id{id};
}
constexpr steady_time start{1h};

std::vector<std::string> ids(const std::vector<member_ref>& people) {
  std::vector<std::string> out;
  for (const auto& p : people)
    out.push_back(p.user.value);
  return out;
}

} // namespace

TEST_CASE("typing is told once per start and ends by itself", "[typing]") {
  typing_set typing;
  CHECK_FALSE(typing.next_deadline());
  CHECK(typing.start(person("alice"), start));
  CHECK_FALSE(typing.start(person("alice"), start + 1s)); // goes on, is not told again
  CHECK(typing.start(person("bob"), start + 2s));
  CHECK(typing.next_deadline() == start + 4s);
  CHECK(typing.expire(start + 3s).empty());
  CHECK(ids(typing.expire(start + 4s)) == std::vector<std::string>{"alice"});
  CHECK(typing.expire(start + 4s).empty());
  CHECK(typing.stop(user_id{"bob"}));
  CHECK_FALSE(typing.stop(user_id{"bob"}));
  CHECK(typing.size() == 0);
  CHECK(typing.start(person("alice"), start + 5s));
}

TEST_CASE("all whose typing ended at once are told in the order of their ids", "[typing]") {
  typing_set typing;
  for (const char* id : {"c", "a", "b"})
    typing.start(person(id), start);
  CHECK(ids(typing.expire(start + 1h)) == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("a user enters with the first session and leaves with the last", "[attendance]") {
  attendance here;
  using entry = attendance::entry;
  CHECK(here.enter(person("alice"), session("s1")) == entry::first);
  CHECK(here.enter(person("alice"), session("s2")) == entry::another);
  CHECK(here.enter(person("alice"), session("s2")) == entry::again);
  CHECK(here.enter(person("bob"), session("s3")) == entry::first);
  CHECK(here.session_count() == 3);
  CHECK(here.user_count() == 2);
  CHECK(here.has(user_id{"alice"}, session("s2")));
  CHECK_FALSE(here.has(user_id{"bob"}, session("s2")));
  CHECK_FALSE(here.leave(user_id{"alice"}, session("s1")));
  CHECK_FALSE(here.leave(user_id{"alice"}, session("s1")));
  CHECK_FALSE(here.leave(user_id{"nobody"}, session("s1")));
  const auto gone = here.leave(user_id{"alice"}, session("s2"));
  REQUIRE(gone);
  CHECK(gone->username == "alice");
  CHECK_FALSE(here.has(user_id{"alice"}));
  CHECK(ids(here.users(10)) == std::vector<std::string>{"bob"});
  CHECK(here.users(0).empty());
  CHECK(here.session_count() == 1);
}

TEST_CASE(
  "first and last always alternate, however sessions come and go", "[attendance][property]") {
  const auto seed = support::test_seed();
  INFO("TROUPE_TEST_SEED=" << seed);
  support::dice dice{seed};
  attendance here;
  std::map<std::string, bool> is_here;
  for (int step = 0; step < 20'000; ++step) {
    const auto user = std::to_string(dice.below(4));
    const auto s = session(user + "/" + std::to_string(dice.below(3)));
    if (dice.one_in(2)) {
      const bool is_first = here.enter(person(user), s) == attendance::entry::first;
      REQUIRE(is_first == !is_here[user]);
      is_here[user] = true;
    } else if (here.leave(user_id{user}, s)) {
      REQUIRE(is_here[user]);
      is_here[user] = false;
    }
    REQUIRE(here.has(user_id{user}) == is_here[user]);
  }
}
