#include "domain/limits.hpp"
#include "tests/support/simulated_node.hpp"

#include <catch2/catch.hpp>

using support::recording_outbox;
using support::simulated_client;
using support::simulated_node;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// Keeps what answers bring to be shown, too.
struct showing_outbox final : recording_outbox {
  void answer(const actors::reply_to& where, actors::reply what) override {
    missed[where.ack] = what.missed;
    recording_outbox::answer(where, std::move(what));
  }
  std::map<std::string, std::vector<domain::event_ptr>> missed;
};

struct house : simulated_node {
  house() {
    storage.add_room("lobby");
    storage.add_room("secret", domain::room_type::closed);
    world->out = &shown;
  }
  ~house() { world->out = &outbox; } // the base still runs what is left, when `shown` has gone
  std::vector<recording_outbox::entry>
  of(recording_outbox::kind what, std::string_view name = {}) const {
    return shown.of(what, name);
  }
  std::string answer(const std::string& ack) const {
    const auto found = shown.answers_to(ack);
    return found.size() == 1 ? found.front().json : std::to_string(found.size()) + " answers";
  }
  std::string
  watch(simulated_client& who, const std::string& room, std::optional<domain::seq> after = {}) {
    last_ack = who.start(domain::watch_room{domain::room_id{room}, after});
    run();
    return answer(last_ack);
  }
  std::vector<domain::seq> missed() {
    std::vector<domain::seq> seqs;
    for (const auto& each : shown.missed[last_ack])
      seqs.push_back(each->seq);
    return seqs;
  }
  void say(simulated_client& who, int count) {
    for (int i = 0; i < count; ++i) {
      who.start(simulated_client::message("lobby", "text"));
      run();
    }
  }

  showing_outbox shown;
  std::string last_ack;
};

using kind = recording_outbox::kind;

} // namespace

TEST_CASE_METHOD(
  house, "who watches a public room is shown it, and nobody is told", "[session][watch]") {
  simulated_client ann{*this, "ann"};
  simulated_client bob{*this, "bob"};
  ann.start(domain::join_room{domain::room_id{"lobby"}, std::nullopt});
  run();
  say(ann, 2);
  shown.clear();
  CHECK(watch(bob, "lobby") == R"({"ok":true,"roomId":"lobby","lastSeq":2,"reset":false})");
  CHECK(missed().empty());
  REQUIRE(of(kind::subscribed, "room:lobby").size() == 1);
  CHECK(of(kind::subscribed, "room:lobby").front().connection == bob.connection);
  CHECK(of(kind::event, "user-joined").empty());
  auto room = ask<actors::room_state_view>(open("lobby"), actors::room_state_query{});
  CHECK(room->sessions == 1);
  CHECK(room->room.member_count == 1);
  auto view = ask<actors::session_view>(bob.session, actors::session_view_query{});
  CHECK(view->topics == std::vector<domain::topic>{"user:usr_bob", "all", "room:lobby"});
}

TEST_CASE_METHOD(
  house, "a watcher gets exactly what was missed, or is told to start over", "[session][watch]") {
  simulated_client ann{*this, "ann"};
  simulated_client bob{*this, "bob"};
  ann.start(domain::join_room{domain::room_id{"lobby"}, std::nullopt});
  run();
  say(ann, 5);
  CHECK(has(watch(bob, "lobby", 2), R"("lastSeq":5,"reset":false)"));
  CHECK(missed() == std::vector<domain::seq>{3, 4, 5});
  const auto first = shown.missed[last_ack].front();
  CHECK(first->name == "new-message");
  CHECK(first->topic == "room:lobby");
  CHECK(has(first->data, R"({"seq":3,)"));
  CHECK(has(watch(bob, "lobby", 5), R"("reset":false)"));
  CHECK(missed().empty());
  CHECK(has(watch(bob, "lobby", 6), R"("lastSeq":5,"reset":true)"));
  CHECK(missed().empty());
  const auto found = domain::limits::sync_events;
  say(ann, static_cast<int>(found));
  CHECK(has(watch(bob, "lobby", 4), R"("reset":true)"));
  CHECK(has(watch(bob, "lobby", 5), R"("reset":false)"));
  CHECK(missed().size() == found);
}

TEST_CASE_METHOD(
  house, "a hidden room is not found by a watcher who is no member", "[session][watch]") {
  simulated_client ann{*this, "ann"};
  CHECK(has(watch(ann, "secret"), R"("code":"not_found")"));
  CHECK(has(watch(ann, "nowhere"), R"("code":"not_found")"));
  CHECK(has(watch(ann, "no such/id"), R"("code":"not_found")"));
  CHECK(of(kind::subscribed).empty());
  auto view = ask<actors::session_view>(ann.session, actors::session_view_query{});
  CHECK(view->topics == std::vector<domain::topic>{"user:usr_ann", "all"});
}

TEST_CASE_METHOD(
  house, "a watcher who leaves a room is told, and sees no more of it", "[session][watch]") {
  simulated_client ann{*this, "ann"};
  watch(ann, "lobby");
  shown.clear();
  const auto ack = ann.start(domain::leave_room{domain::room_id{"lobby"}});
  run();
  CHECK(answer(ack) == R"({"ok":true})");
  REQUIRE(of(kind::unsubscribed, "room:lobby").size() == 1);
  REQUIRE(of(kind::emitted, "room-left").size() == 1);
  CHECK(of(kind::emitted, "room-left").front().json == R"({"roomId":"lobby"})");
}

TEST_CASE_METHOD(
  house, "who is removed while the room is asked is not left subscribed", "[session][watch]") {
  simulated_client ann{*this, "ann"};
  const auto watch_ack = ann.start(domain::watch_room{domain::room_id{"lobby"}, std::nullopt});
  ann.start(domain::leave_room{domain::room_id{"lobby"}});
  run();
  CHECK(has(answer(watch_ack), R"("code":"not_found")"));
  CHECK(of(kind::subscribed, "room:lobby").size() <= of(kind::unsubscribed, "room:lobby").size());
}

TEST_CASE_METHOD(house, "a session watches so many rooms at most", "[session][watch]") {
  simulated_client ann{*this, "ann"};
  for (std::size_t i = 0; i <= domain::limits::stream_rooms; ++i) {
    const auto id = "room" + std::to_string(i);
    storage.add_room(id);
    CAPTURE(i);
    CHECK(has(watch(ann, id), i < domain::limits::stream_rooms ? R"("ok":true)" : "at most 50"));
  }
}
