// Broadcasts by command: counted, batched in order, in simulated time.
#include "actors/broadcaster.hpp"

#include "domain/limits.hpp"
#include "tests/support/simulated_node.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

namespace {

struct stage : support::simulated_node {
  actors::broadcaster_actor broadcaster = world->book.broadcaster();

  static domain::broadcast
  news(const std::string& event, const std::string& room = "lobby", bool is_batched = false) {
    domain::broadcast b;
    b.event = event;
    b.target.to = domain::target::kind::rooms;
    b.target.rooms = {domain::room_id{room}};
    b.is_batched = is_batched;
    return b;
  }
  support::answered<actors::broadcast_sent> send(domain::broadcast what) {
    return ask<actors::broadcast_sent>(
      broadcaster, actors::broadcast_request{std::move(what), domain::user_id{"usr_mod"}});
  }
  void batch(const std::string& event, const std::string& room = "lobby") {
    const auto sent = send(news(event, room, true));
    REQUIRE(sent);
    CHECK(sent.value->is_batched);
  }
  std::string stats(const std::string& room = {}) {
    return ask<actors::broadcast_stats>(broadcaster, actors::broadcast_stats_query{room, {}})->json;
  }
  std::vector<std::string> delivered() {
    std::vector<std::string> names;
    for (const auto& each : outbox.events())
      names.push_back(each.name);
    return names;
  }
};

using names = std::vector<std::string>;

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE_METHOD(stage, "a broadcast is answered with how many sessions got it", "[broadcaster]") {
  outbox.recipients = 7;
  const auto sent = send(news("hello"));
  REQUIRE(sent);
  CHECK(sent.value->recipients == 7);
  CHECK_FALSE(sent.value->is_batched);
  CHECK(delivered() == names{"hello"});
  CHECK(outbox.events()[0].event->topic == "room:lobby");
  CHECK(has(stats("lobby"), R"("total":1,"recipients":7)"));
  CHECK(has(stats("lobby"), R"("room":{"id":"lobby","count":1)"));
}

TEST_CASE_METHOD(stage, "a batch goes out after 100 ms, or when ten are in it", "[broadcaster]") {
  batch("b1");
  advance(50ms);
  batch("b2");
  CHECK(delivered().empty());
  advance(100ms);
  REQUIRE(delivered() == names{"batched-messages"});
  CHECK(has(outbox.events()[0].json, R"("count":2)"));
  outbox.clear();
  for (int i = 0; i < 10; ++i)
    batch("c");
  CHECK(delivered() == names{"batched-messages"});
  CHECK(has(stats(), R"("batched":12,"batches":2)"));
  advance(1s);
  CHECK(delivered() == names{"batched-messages"});
}

TEST_CASE_METHOD(stage, "an event outside of a batch never passes it", "[broadcaster]") {
  batch("b1");
  batch("other", "elsewhere");
  send(news("now"));
  CHECK(delivered() == names{"batched-messages", "now"});
  outbox.clear();
  batch("b2");
  auto plain = std::make_shared<domain::event>(); // as a room delivers its own
  plain->name = "new-message";
  plain->topic = "room:lobby";
  world->out->deliver(plain);
  CHECK(delivered() == names{"batched-messages", "new-message"});
  outbox.clear();
  batch("b3");
  world->out->subscribe({0, 1, 1}, "room:lobby"); // who comes later does not get it
  CHECK(outbox.all().front().name == "batched-messages");
  CHECK(outbox.all().back().what == support::recording_outbox::kind::subscribed);
  advance(200ms);
  CHECK(world->batches->open() == 0);
}

TEST_CASE_METHOD(
  stage, "a new broadcaster goes on with the batches of the old one", "[broadcaster]") {
  batch("b1");
  caf::anon_send_exit(broadcaster, caf::exit_reason::kill);
  run();
  broadcaster = actors::spawn_broadcaster(system, world);
  run();
  advance(200ms);
  CHECK(delivered() == names{"batched-messages"});
}

TEST_CASE_METHOD(stage, "failures are kept, and the statistics can begin anew", "[broadcaster]") {
  caf::anon_send(
    broadcaster,
    actors::broadcast_refused{"bad", {domain::errc::validation_failed, "Wrong", {}, {}}});
  send(news("good"));
  CHECK(has(stats(), R"("lastFailures":[{"at":)"));
  CHECK(has(stats(), R"("event":"bad","code":"validation_failed","message":"Wrong"})"));
  caf::anon_send(broadcaster, actors::broadcast_stats_reset{});
  run();
  CHECK(has(stats(), R"("total":0,"recipients":0,"batched":0,"batches":0)"));
  CHECK(has(stats(), R"("failures":0)"));
  CHECK(world->broadcasts->failed == 1); // what the metrics count only grows
}

TEST_CASE_METHOD(stage, "a day later what was counted by name is gone", "[broadcaster]") {
  send(news("old", "attic"));
  advance(30s); // the reports come by themselves
  CHECK(std::count(log.events.begin(), log.events.end(), "broadcast-report") == 1);
  clock.advance(25h);
  CHECK(has(stats("attic"), R"("rooms":[])"));
}

namespace {

/// Keeps what is counted, as shards that have not come to it yet.
struct slow_outbox final : support::recording_outbox {
  std::vector<actors::receipt_ptr> kept;
  using outbox::deliver;
  void deliver(domain::event_ptr, actors::receipt_ptr counted) override {
    kept.push_back(std::move(counted));
  }
};

} // namespace

TEST_CASE_METHOD(
  stage, "no broadcast is taken while too much waits to be handed out", "[broadcaster]") {
  outbox.full = domain::everybody;
  CHECK(send(news("e")).error.code == domain::errc::overloaded);
  CHECK(send(news("e", "lobby", true)).error.code == domain::errc::overloaded);
  outbox.full.clear();
  CHECK(send(news("e")));
}

TEST_CASE_METHOD(stage, "too many broadcasts at once are refused", "[broadcaster]") {
  slow_outbox slow;
  world->use(slow);
  for (std::size_t i = 0; i < domain::limits::counted_broadcasts; ++i)
    caf::anon_send(broadcaster, actors::broadcast_request{news("e"), {}});
  run();
  CHECK(slow.kept.size() == domain::limits::counted_broadcasts);
  const auto refused = send(news("one-more"));
  CHECK_FALSE(refused);
  CHECK(refused.error.code == domain::errc::overloaded);
  slow.kept.clear();
  run();
  auto late =
    question<actors::broadcast_sent>(broadcaster, actors::broadcast_request{news("again"), {}});
  run();
  slow.kept.front()->add(2);
  slow.kept.clear();
  CHECK(late()->recipients == 2);
  world->use(outbox);
}
