#include "domain/limits.hpp"
#include "tests/support/simulated_node.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using support::simulated_client;
using support::simulated_node;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// A message repository that takes everything and says nothing.
class silent_messages final : public actors::message_repository_actor::base {
public:
  using base = actors::message_repository_actor::base;
  using base::base;
  actors::message_repository_actor::behavior_type make_behavior() override {
    return {
      [this](actors::write_change&) -> caf::result<persistence::written> {
        return make_response_promise<persistence::written>();
      },
      [this](actors::load_events&) -> caf::result<actors::event_list> {
        return make_response_promise<actors::event_list>();
      },
      [this](actors::load_messages&) -> caf::result<persistence::message_page> {
        return make_response_promise<persistence::message_page>();
      },
      [this](actors::find_message&) -> caf::result<actors::found_message> {
        return make_response_promise<actors::found_message>();
      },
    };
  }
};

struct lobby : simulated_node {
  lobby() { storage.add_room("lobby"); }

  actors::room_join
  join_of(const std::string& name, std::optional<domain::seq> after = std::nullopt) {
    return {member(name), domain::session_id{"ses_" + name}, {0, 7, 1}, after};
  }
  actors::room_post
  post_of(const std::string& name, const std::string& text, const std::string& client_id = {}) {
    return {member(name), {text, client_id, {}, {}}, true};
  }
  void fill(const std::string& room, std::size_t messages) {
    auto handle = open(room);
    for (std::size_t i = 0; i < messages; ++i)
      self->send(
        handle, actors::room_post{member("old"), {'m' + std::to_string(i), {}, {}, {}}, true});
    run();
    outbox.clear();
  }
};

} // namespace

TEST_CASE_METHOD(lobby, "a room acknowledges a message only after it is stored", "[room]") {
  auto room = open("lobby");
  storage.before_apply = [&](auto) { CHECK(outbox.events("new-message").empty()); };
  auto posted = ask<actors::room_posted>(room, post_of("ann", "hello"));
  REQUIRE(posted);
  CHECK(posted->seq == 1);
  REQUIRE(storage.room_of("lobby").log.size() == 1);
  const auto events = outbox.events("new-message");
  REQUIRE(events.size() == 1);
  CHECK(events[0].event->seq == 1);
  CHECK(events[0].event->topic == "room:lobby");
  CHECK(has(events[0].json, "\"seq\":1"));
  CHECK(has(events[0].json, "\"content\":\"hello\""));
}

TEST_CASE_METHOD(lobby, "what was not stored is seen by nobody", "[room]") {
  auto room = open("lobby");
  world->book.put(actors::message_repository_actor{system.spawn<silent_messages>()});
  auto pending = question<actors::room_posted>(room, post_of("ann", "hello"));
  run();
  advance(domain::limits::append_timeout);
  CHECK(pending().error.code == domain::errc::retry);
  CHECK(outbox.events("new-message").empty());
}

TEST_CASE_METHOD(lobby, "messages under way are stored in one batch and shown in order", "[room]") {
  auto room = open("lobby");
  for (int i = 1; i <= 20; ++i)
    self->send(room, post_of("ann", std::to_string(i)));
  storage.batches.clear();
  run();
  const auto events = outbox.events("new-message");
  REQUIRE(events.size() == 20);
  for (std::size_t i = 0; i < events.size(); ++i)
    CHECK(events[i].event->seq == i + 1);
  CHECK(storage.batches.size() < 20);
}

TEST_CASE_METHOD(
  lobby, "a retried message gets its first id and seq, and is shown once", "[room]") {
  auto room = open("lobby");
  auto first = ask<actors::room_posted>(room, post_of("ann", "hello", "c1"));
  auto second = ask<actors::room_posted>(room, post_of("ann", "hello", "c1"));
  REQUIRE(first);
  REQUIRE(second);
  CHECK(second->id == first->id);
  CHECK(second->seq == 1);
  CHECK_FALSE(second->was_new);
  CHECK(outbox.events("new-message").size() == 1);
  CHECK(
    ask<actors::room_posted>(room, post_of("ben", "hello", "c1"))->seq
    == 2); // another sender's key
}

TEST_CASE_METHOD(lobby, "a clear no of storage concerns one message only", "[room]") {
  auto room = open("lobby");
  storage.on_outcome = [this](const persistence::change& c, persistence::outcome& outcome) {
    const auto* append = std::get_if<persistence::append_message>(&c);
    if (append != nullptr && append->message.content == "bad") {
      storage.room_of("lobby").log.pop_back();
      outcome = domain::error{domain::errc::validation_failed, "no", {}, {}};
    }
  };
  auto bad = question<actors::room_posted>(room, post_of("ann", "bad"));
  auto good = question<actors::room_posted>(room, post_of("ann", "good"));
  CHECK(bad().error.code == domain::errc::validation_failed);
  CHECK(good()->seq == 1);
  CHECK(outbox.events("new-message").size() == 1);
}

TEST_CASE_METHOD(
  lobby, "after an unknown outcome a room reads back what is stored and shows it", "[room]") {
  auto room = open("lobby");
  bool is_first = true;
  storage.on_outcome = [&](const persistence::change& c, persistence::outcome& outcome) {
    if (std::holds_alternative<persistence::append_message>(c) && std::exchange(is_first, false))
      outcome = domain::error{domain::errc::retry, "unknown", {}, {}}; // and yet it was stored
  };
  auto first = question<actors::room_posted>(room, post_of("ann", "one", "c1"));
  auto second = question<actors::room_posted>(room, post_of("ann", "two", "c2"));
  CHECK(first().error.code == domain::errc::retry);
  CHECK(second().error.code == domain::errc::retry); // what lies behind it is void
  const auto events = outbox.events("new-message");
  REQUIRE(events.size() == 2);
  CHECK(events[0].event->seq == 1);
  CHECK(events[1].event->seq == 2);
  CHECK(ask<actors::room_posted>(room, post_of("ann", "one", "c1"))->seq == 1);
  CHECK(ask<actors::room_posted>(room, post_of("ann", "three", "c3"))->seq == 3);
  CHECK(outbox.events("new-message").size() == 3);
}

TEST_CASE_METHOD(lobby, "messages wait a bounded time while the log is read back", "[room]") {
  auto room = open("lobby");
  bool is_down = true;
  storage.on_outcome = [&](const persistence::change&, persistence::outcome& outcome) {
    if (is_down)
      outcome = domain::error{domain::errc::retry, "unknown", {}, {}};
  };
  CHECK(
    ask<actors::room_posted>(room, post_of("ann", "one", "c1")).error.code == domain::errc::retry);
  auto waiting = question<actors::room_posted>(room, post_of("ann", "two", "c2"));
  auto late = question<actors::room_posted>(room, post_of("ann", "three", "c3"));
  run();
  SECTION("storage comes back") {
    is_down = false;
    advance(1s);
    CHECK(waiting()->seq == 2); // the first one was stored after all
    CHECK(late()->seq == 3);
    CHECK(outbox.events("new-message").size() == 3);
  }
  SECTION("storage stays away") {
    advance(domain::limits::append_timeout);
    CHECK(waiting().error.code == domain::errc::unavailable);
    CHECK(late().error.code == domain::errc::unavailable);
  }
}

TEST_CASE_METHOD(lobby, "a room that lost its epoch stops and says moved", "[room]") {
  auto room = open("lobby");
  ++storage.room_of("lobby").epoch; // another owner
  CHECK(ask<actors::room_posted>(room, post_of("ann", "hello")).error.code == domain::errc::moved);
  CHECK(outbox.events("new-message").empty());
  auto next = open("lobby");
  CHECK(next != room);
  CHECK(ask<actors::room_posted>(next, post_of("ann", "hello"))->seq == 1);
}

TEST_CASE_METHOD(lobby, "a room shows what a predecessor stored but did not show", "[room]") {
  auto room = open("lobby");
  REQUIRE(ask<actors::room_posted>(room, post_of("ann", "one")));
  outbox.clear();
  // Stored, and then the room fails before it hears of it.
  storage.on_outcome = [&](const persistence::change& c, persistence::outcome&) {
    if (std::holds_alternative<persistence::append_message>(c))
      caf::anon_send_exit(room, caf::exit_reason::kill);
  };
  auto pending = question<actors::room_posted>(room, post_of("ann", "two", "c2"));
  run();
  storage.on_outcome = {};
  if (outbox.events("new-message").empty()) {
    auto next = open("lobby");
    run();
    REQUIRE(outbox.events("new-message").size() == 1);
    CHECK(outbox.events("new-message")[0].event->seq == 2);
    CHECK(ask<actors::room_posted>(next, post_of("ann", "two", "c2"))->was_new == false);
  }
  pending();
  CHECK(outbox.events("new-message").size() == 1);
}

TEST_CASE_METHOD(lobby, "a room keeps at most so many messages under way", "[room]") {
  auto room = open("lobby");
  world->book.put(actors::message_repository_actor{system.spawn<silent_messages>()});
  for (std::size_t i = 0; i < domain::limits::pending_appends; ++i)
    self->send(room, post_of("ann", "x"));
  CHECK(ask<actors::room_posted>(room, post_of("ann", "x")).error.code == domain::errc::overloaded);
}

TEST_CASE_METHOD(lobby, "a room takes no message while too much waits to be handed out", "[room]") {
  auto room = open("lobby");
  outbox.full = "room:lobby";
  CHECK(ask<actors::room_posted>(room, post_of("ann", "x")).error.code == domain::errc::overloaded);
  outbox.full = "room:other";
  CHECK(ask<actors::room_posted>(room, post_of("ann", "x"))->was_new);
}

TEST_CASE_METHOD(lobby, "a public room makes those who enter its members, once", "[room]") {
  auto room = open("lobby");
  auto joined = ask<actors::room_joined>(room, join_of("ann"));
  REQUIRE(joined);
  CHECK(has(joined->json, R"({"ok":true,"room":{"id":"lobby","name":"lobby")"));
  CHECK(has(joined->json, R"("memberCount":1,"lastSeq":0)"));
  CHECK(has(joined->json, R"("messages":[])"));
  CHECK(has(joined->json, R"("userId":"usr_ann")"));
  CHECK(storage.room_of("lobby").members.size() == 1);
  const auto batches = storage.batches.size();
  auto again = join_of("ann");
  again.session = domain::session_id{"ses_ann2"};
  REQUIRE(ask<actors::room_joined>(room, again));
  CHECK(storage.batches.size() == batches);
}

TEST_CASE_METHOD(
  lobby, "a room subscribes who enters before it answers, and tells the others once per user",
  "[room]") {
  auto room = open("lobby");
  ask<actors::room_joined>(room, join_of("ann"));
  CHECK(outbox.of(support::recording_outbox::kind::subscribed, "room:lobby").size() == 1);
  auto second = join_of("ann");
  second.session = domain::session_id{"ses_ann2"};
  ask<actors::room_joined>(room, second);
  const auto told = outbox.events("user-joined");
  REQUIRE(told.size() == 1);
  CHECK(told[0].event->except_user == domain::user_id{"usr_ann"});
  CHECK(told[0].event->seq == 0);
  CHECK(has(told[0].json, R"("roomId":"lobby","userId":"usr_ann","username":"ann")"));

  ask<actors::room_left>(
    room, actors::room_leave{domain::user_id{"usr_ann"}, domain::session_id{"ses_ann"}, {0, 7, 1}});
  CHECK(outbox.events("user-left").empty());
  ask<actors::room_left>(
    room,
    actors::room_leave{domain::user_id{"usr_ann"}, domain::session_id{"ses_ann2"}, {0, 8, 1}});
  CHECK(outbox.events("user-left").size() == 1);
  CHECK(outbox.of(support::recording_outbox::kind::unsubscribed, "room:lobby").size() == 2);
}

TEST_CASE_METHOD(lobby, "a private room is not found by those outside", "[room]") {
  storage.add_room("secret", domain::room_type::closed);
  storage.add_member("secret", domain::user_id{"usr_ann"});
  auto room = open("secret");
  CHECK(ask<actors::room_joined>(room, join_of("eve")).error.code == domain::errc::not_found);
  CHECK(
    ask<actors::room_history>(room, actors::room_read{domain::user_id{"usr_eve"}, 0, 10}).error.code
    == domain::errc::not_found);
  auto post = post_of("eve", "hi");
  post.joined = false;
  CHECK(ask<actors::room_posted>(room, post).error.code == domain::errc::not_found);
  CHECK(ask<actors::room_joined>(room, join_of("ann")));
  CHECK(ask<actors::room_history>(room, actors::room_read{domain::user_id{"usr_ann"}, 0, 10}));
  CHECK(outbox.of(support::recording_outbox::kind::subscribed).size() == 1);
}

TEST_CASE_METHOD(lobby, "posting without having joined needs a membership", "[room]") {
  auto room = open("lobby");
  auto post = post_of("eve", "hi");
  post.joined = false;
  CHECK(ask<actors::room_posted>(room, post).error.code == domain::errc::forbidden);
  storage.add_member("lobby", domain::user_id{"usr_eve"});
  CHECK(ask<actors::room_posted>(room, post)->seq == 1);
}

TEST_CASE_METHOD(
  lobby, "a session that leaves before its membership is known is not left behind", "[room]") {
  auto room = open("lobby");
  auto joining = question<actors::room_joined>(room, join_of("ann"));
  self->send(
    room, actors::room_leave{domain::user_id{"usr_ann"}, domain::session_id{"ses_ann"}, {}});
  CHECK(joining().error.code == domain::errc::unavailable);
  CHECK(ask<actors::room_state_view>(room, actors::room_state_query{})->sessions == 0);
}

TEST_CASE_METHOD(lobby, "a client that comes back gets exactly what it missed", "[room]") {
  const auto events_in = [](const std::string& json) {
    std::size_t count = 0;
    for (auto at = json.find("\"event\":"); at != std::string::npos;
         at = json.find("\"event\":", at + 1))
      ++count;
    return count;
  };
  SECTION("from memory") {
    fill("lobby", 10);
    auto joined = ask<actors::room_joined>(open("lobby"), join_of("ann", 7));
    REQUIRE(joined);
    CHECK(events_in(joined->json) == 3);
    CHECK(has(joined->json, R"("seq":8)"));
    CHECK_FALSE(has(joined->json, R"("seq":7,)"));
    CHECK(has(joined->json, R"("reset":false)"));
  }
  SECTION("from storage, when memory no longer reaches back") {
    fill("lobby", domain::limits::recent_events + 50);
    auto joined = ask<actors::room_joined>(open("lobby"), join_of("ann", 10));
    REQUIRE(joined);
    CHECK(events_in(joined->json) == domain::limits::recent_events + 40);
    CHECK(has(joined->json, R"("reset":false)"));
  }
  SECTION("not at all, when too much is missing") {
    fill("lobby", domain::limits::sync_events + 10);
    auto joined = ask<actors::room_joined>(open("lobby"), join_of("ann", 2));
    REQUIRE(joined);
    CHECK(events_in(joined->json) == 0);
    CHECK(has(joined->json, R"("reset":true)"));
    CHECK(has(joined->json, R"("content":"m509")")); // the newest messages instead
  }
  SECTION("not at all, when it knows another history") {
    fill("lobby", 3);
    auto joined = ask<actors::room_joined>(open("lobby"), join_of("ann", 99));
    CHECK(has(joined->json, R"("reset":true)"));
  }
}

TEST_CASE_METHOD(lobby, "a room's log is read in pages", "[room]") {
  fill("lobby", domain::limits::recent_events + 20);
  auto room = open("lobby");
  auto page = ask<actors::room_history>(room, actors::room_read{domain::user_id{"usr_x"}, 5, 10});
  REQUIRE(page);
  REQUIRE(page->events.size() == 10);
  CHECK(page->events.front().seq == 6);
  CHECK(page->more);
  auto rest = ask<actors::room_history>(
    room, actors::room_read{domain::user_id{"usr_x"}, domain::limits::recent_events + 15, 10});
  CHECK(rest->events.size() == 5);
  CHECK_FALSE(rest->more);
  CHECK(rest->last_seq == domain::limits::recent_events + 20);
  CHECK(
    ask<actors::room_history>(room, actors::room_read{domain::user_id{"usr_x"}, 9'999, 10})->reset);
}

TEST_CASE_METHOD(lobby, "typing is shown to the others and ends by itself", "[room][typing]") {
  auto room = open("lobby");
  ask<actors::room_joined>(room, join_of("ann"));
  ask<actors::room_joined>(room, join_of("ben"));
  const auto type = [&](bool active) {
    self->send(room, actors::room_typing{member("ann"), active});
    run();
  };
  type(true);
  REQUIRE(outbox.events("user-typing").size() == 1);
  CHECK(outbox.events("user-typing")[0].event->except_user == domain::user_id{"usr_ann"});
  CHECK(has(outbox.events("user-typing")[0].json, R"("username":"ann")"));

  SECTION("after its timeout") {
    advance(domain::limits::typing_timeout - 200ms);
    CHECK(outbox.events("user-stopped-typing").empty());
    advance(200ms);
    CHECK(outbox.events("user-stopped-typing").size() == 1);
    advance(10s);
    CHECK(outbox.events("user-stopped-typing").size() == 1);
  }
  SECTION("later, when it goes on") {
    advance(2s);
    type(true);
    advance(2s);
    CHECK(outbox.events("user-stopped-typing").empty());
    CHECK(outbox.events("user-typing").size() == 1);
    advance(1s);
    CHECK(outbox.events("user-stopped-typing").size() == 1);
  }
  SECTION("when told to") {
    type(false);
    CHECK(outbox.events("user-stopped-typing").size() == 1);
  }
  SECTION("with the message") {
    ask<actors::room_posted>(room, post_of("ann", "done"));
    CHECK(outbox.events("user-stopped-typing").size() == 1);
  }
  SECTION("on leaving") {
    ask<actors::room_left>(
      room, actors::room_leave{domain::user_id{"usr_ann"}, domain::session_id{"ses_ann"}, {}});
    CHECK(outbox.events("user-stopped-typing").size() == 1);
  }
}

TEST_CASE_METHOD(lobby, "who is not in the room can't type in it", "[room][typing]") {
  auto room = open("lobby");
  self->send(room, actors::room_typing{member("eve"), true});
  run();
  CHECK(outbox.events().empty());
}

TEST_CASE_METHOD(lobby, "an idle room is ended, and started again when it is needed", "[room]") {
  auto room = open("lobby");
  ask<actors::room_joined>(room, join_of("ann"));
  REQUIRE(ask<actors::room_posted>(room, post_of("ann", "one")));
  advance(domain::limits::room_idle + 1s);
  CHECK(
    ask<actors::active_rooms>(world->book.directory(), actors::list_active_rooms{})->total == 1);
  ask<actors::room_left>(
    room, actors::room_leave{domain::user_id{"usr_ann"}, domain::session_id{"ses_ann"}, {}});
  advance(domain::limits::room_idle - 1s);
  CHECK(
    ask<actors::active_rooms>(world->book.directory(), actors::list_active_rooms{})->total == 1);
  advance(2s);
  CHECK(
    ask<actors::active_rooms>(world->book.directory(), actors::list_active_rooms{})->total == 0);
  CHECK(world->live.list("room", actors::actor_order::age, 10).total > 0);
  CHECK(world->live.list("room", actors::actor_order::age, 10).rows.empty());
  outbox.clear();
  auto next = open("lobby");
  CHECK(ask<actors::room_posted>(next, post_of("ann", "two"))->seq == 2);
  CHECK(outbox.events("new-message").size() == 1); // nothing is shown twice
}

TEST_CASE_METHOD(lobby, "a room answers what its state is", "[room]") {
  auto room = open("lobby");
  ask<actors::room_joined>(room, join_of("ann"));
  auto view = ask<actors::room_state_view>(room, actors::room_state_query{});
  REQUIRE(view);
  CHECK(view->epoch == 1);
  CHECK(view->sessions == 1);
  REQUIRE(view->online.size() == 1);
  CHECK(view->online[0].username == "ann");
  auto json = ask<std::string>(caf::actor_cast<caf::actor>(room), actors::snapshot_query{});
  REQUIRE(json);
  CHECK(has(*json.value, R"("sessions":1)"));
}

TEST_CASE("the defect that acknowledges before the commit is seen to do so", "[room]") {
  lobby node;
  node.world->config.defect = actors::planted_defect::acknowledge_before_commit;
  auto room = node.open("lobby");
  std::size_t shown = 0;
  node.storage.before_apply = [&](auto) { shown = node.outbox.events("new-message").size(); };
  CHECK(node.ask<actors::room_posted>(room, node.post_of("ann", "hello"))->seq == 1);
  CHECK(shown == 1);
}
