#include "net/actor_watch.hpp"

#include "net/json/reader.hpp"

#include <catch2/catch.hpp>

namespace {

struct worker final : actors::inspectable {
  actors::actor_counters counted;
  const char* type() const override { return "worker"; }
  std::string label() const override { return "worker:1"; }
  const actors::actor_counters& counters() const override { return counted; }
  void handle(std::uint64_t messages, const char* last) {
    counted.enqueued += messages;
    counted.handled += messages;
    counted.last_message = last;
  }
};

} // namespace

TEST_CASE("an actor that is watched shows what it handled between two looks", "[net][trace]") {
  actors::actor_directory live;
  worker one;
  live.add(7, {}, &one);
  one.handle(5, "before");
  net::actor_watch watch{live, 7};
  CHECK_FALSE(watch.look());
  one.handle(2, "some_message");
  one.counted.enqueued += 3;
  const auto line = watch.look();
  REQUIRE(line);
  const auto read = net::json::parse(*line);
  REQUIRE(read);
  CHECK(std::string_view{(*read)["what"].GetString()} == "handled");
  CHECK((*read)["messages"].GetUint64() == 2);
  CHECK((*read)["total"].GetUint64() == 7);
  CHECK((*read)["mailbox"].GetUint64() == 3);
  CHECK(std::string_view{(*read)["last"].GetString()} == "some_message");
  CHECK_FALSE(watch.look());
  CHECK_FALSE(watch.is_gone());
  live.remove(7, "done");
  CHECK_FALSE(watch.look());
  CHECK(watch.is_gone());
}

TEST_CASE("an actor that nobody knows is gone at once", "[net][trace]") {
  const actors::actor_directory live;
  net::actor_watch watch{live, 7};
  CHECK(watch.is_gone());
  CHECK_FALSE(watch.look());
}
