#include "domain/limits.hpp"
#include "tests/support/simulated_node.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using support::recording_outbox;
using support::simulated_client;
using support::simulated_node;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

struct house : simulated_node {
  house() {
    storage.add_room("lobby");
    storage.add_room("secret", domain::room_type::closed);
  }
  void pass(std::chrono::milliseconds time) {
    for (; time.count() > 0; time -= std::min<std::chrono::milliseconds>(time, 500ms)) {
      advance(std::min<std::chrono::milliseconds>(time, 500ms));
      for (const auto& due : world->sessions.due(clock.steady()))
        caf::anon_send(due, actors::session_tick{});
      run();
    }
  }
  std::size_t sessions_in(const std::string& room) {
    return ask<actors::room_state_view>(open(room), actors::room_state_query{})->sessions;
  }
  void kill_room(const std::string& room) {
    caf::anon_send_exit(open(room), caf::exit_reason::kill);
    run();
  }
  void detach(simulated_client& client, bool recoverable) {
    caf::anon_send(client.session, actors::session_detach{client.connection, recoverable});
    run();
  }
  support::answered<actors::session_attached>
  attach(simulated_client& client, const actors::connection_ref& to, const std::string& name) {
    return ask<actors::session_attached>(
      client.session, actors::session_attach{to, principal(name), nullptr});
  }
};

constexpr actors::connection_ref second_connection{1, 99, 1};

} // namespace

TEST_CASE_METHOD(
  house, "a session joins, sends and leaves, and every command has one answer", "[session]") {
  simulated_client ann{*this, "ann"};
  CHECK(has(ann.join("lobby"), R"({"ok":true,"room":{"id":"lobby")"));
  const auto sent = ann.send("lobby", "hello");
  CHECK(has(sent, R"({"ok":true,"message":{"id":"msg_)"));
  CHECK(has(sent, R"("seq":1)"));
  CHECK(ann.command(domain::set_typing{domain::room_id{"lobby"}, true}) == R"({"ok":true})");
  CHECK(ann.command(domain::leave_room{domain::room_id{"lobby"}}) == R"({"ok":true})");
  CHECK(sessions_in("lobby") == 0);
  CHECK(
    has(ann.send("lobby", "again"), R"("code":"forbidden","message":"Not a member of this room")"));
  CHECK(
    has(ann.command(domain::set_typing{domain::room_id{"lobby"}, true}), R"("code":"forbidden")"));
}

TEST_CASE_METHOD(
  house, "commands sent without waiting find what those before them did", "[session]") {
  simulated_client ann{*this, "ann"};
  const auto join = ann.start(domain::join_room{domain::room_id{"lobby"}, std::nullopt});
  const auto send = ann.start(simulated_client::message("lobby", "one"));
  const auto leave = ann.start(domain::leave_room{domain::room_id{"lobby"}});
  const auto late = ann.start(simulated_client::message("lobby", "two"));
  run();
  CHECK(has(ann.answer(join), R"("ok":true)"));
  CHECK(has(ann.answer(send), R"("ok":true)"));
  CHECK(has(ann.answer(leave), R"("ok":true)"));
  CHECK(has(ann.answer(late), R"("code":"forbidden")"));
  CHECK(outbox.events("new-message").size() == 1);
}

TEST_CASE_METHOD(house, "a room that is not there, or hidden, is not found", "[session]") {
  simulated_client ann{*this, "ann"};
  CHECK(has(ann.join("nowhere"), R"("code":"not_found")"));
  CHECK(has(ann.join("secret"), R"("code":"not_found")"));
  CHECK(has(ann.join("no such/id"), R"("code":"not_found")"));
  CHECK(has(ann.send("secret", "hi"), R"("code":"forbidden")"));
}

TEST_CASE_METHOD(house, "a send into a room that goes down is answered with retry", "[session]") {
  simulated_client ann{*this, "ann"};
  ann.join("lobby");
  const auto room = open("lobby");
  storage.before_apply = [&](auto batch) {
    if (std::holds_alternative<persistence::append_message>(batch.front()))
      caf::anon_send_exit(room, caf::exit_reason::kill);
  };
  const auto ack = ann.start(simulated_client::message("lobby", "one", "c1"));
  run();
  storage.before_apply = {};
  const auto first = ann.answer(ack);
  if (!has(first, R"("ok":true)")) {
    CHECK(has(first, R"("code":"retry")"));
    CHECK(has(first, R"("retryable":true)"));
  }
  // The session enters the new room by itself, and the same clientId is stored and shown once.
  CHECK(has(ann.send("lobby", "one", "c1"), R"("seq":1)"));
  CHECK(outbox.events("new-message").size() == 1);
}

TEST_CASE_METHOD(house, "sessions enter a failed room again by themselves, quietly", "[session]") {
  simulated_client ann{*this, "ann"};
  simulated_client ben{*this, "ben"};
  ann.join("lobby");
  ben.join("lobby");
  outbox.clear();
  kill_room("lobby");
  CHECK(sessions_in("lobby") == 0);
  pass(1s);
  CHECK(sessions_in("lobby") == 2);
  CHECK(outbox.events("user-joined").empty());
  CHECK(has(ann.send("lobby", "still here"), R"("ok":true)"));
}

TEST_CASE_METHOD(house, "a room that keeps failing does not make its sessions spin", "[session]") {
  simulated_client ann{*this, "ann"};
  ann.join("lobby");
  const auto epoch = storage.room_of("lobby").epoch;
  for (int i = 0; i < 3; ++i) {
    kill_room("lobby");
    pass(500ms);
  }
  CHECK(storage.room_of("lobby").epoch <= epoch + 6);
}

TEST_CASE_METHOD(
  house, "a send that gets no answer is answered with retry in the end", "[session]") {
  simulated_client ann{*this, "ann"};
  ann.join("lobby");
  storage.on_outcome = [](const persistence::change& c, persistence::outcome& outcome) {
    if (!std::holds_alternative<persistence::add_member>(c))
      outcome = domain::error{domain::errc::retry, "unknown", {}, {}};
  };
  CHECK(has(ann.send("lobby", "one", "c1"), R"("code":"retry")"));
  const auto second = ann.start(simulated_client::message("lobby", "two", "c2"));
  run();
  pass(domain::limits::command_timeout);
  CHECK(has(ann.answer(second), R"("retryable":true)"));
}

TEST_CASE_METHOD(
  house, "messages are limited per user, over all sessions of that user", "[session][rates]") {
  world->config.rates.messages = {3, 60s};
  simulated_client one{*this, "ann"};
  simulated_client two{*this, "ann"};
  simulated_client other{*this, "ben"};
  one.join("lobby");
  two.join("lobby");
  other.join("lobby");
  CHECK(has(one.send("lobby", "1"), R"("ok":true)"));
  CHECK(has(two.send("lobby", "2"), R"("ok":true)"));
  CHECK(has(one.send("lobby", "3"), R"("ok":true)"));
  const auto refused = two.send("lobby", "4");
  CHECK(has(refused, R"("code":"rate_limited")"));
  CHECK(has(refused, R"("retryAfter":20)"));
  CHECK(has(other.send("lobby", "5"), R"("ok":true)"));
  pass(20s);
  CHECK(has(two.send("lobby", "6"), R"("ok":true)"));
}

TEST_CASE_METHOD(house, "joins are limited per user", "[session][rates]") {
  world->config.rates.joins = {2, 60s};
  simulated_client ann{*this, "ann"};
  CHECK(has(ann.join("lobby"), R"("ok":true)"));
  CHECK(has(ann.join("lobby"), R"("ok":true)"));
  const auto refused = ann.join("lobby");
  CHECK(has(refused, R"("code":"rate_limited")"));
  CHECK(has(refused, R"("retryAfter":30)"));
}

TEST_CASE_METHOD(house, "free topics are for everybody, others for nobody", "[session][topics]") {
  simulated_client ann{*this, "ann"};
  CHECK(ann.command(domain::subscribe{"public:prices"}) == R"({"ok":true})");
  CHECK(ann.command(domain::subscribe{"public:prices"}) == R"({"ok":true})");
  CHECK(outbox.of(recording_outbox::kind::subscribed, "public:prices").size() == 1);
  CHECK(has(ann.command(domain::subscribe{"room:lobby"}), R"("code":"forbidden")"));
  CHECK(has(ann.command(domain::subscribe{"user:usr_ben"}), R"("code":"forbidden")"));
  CHECK(has(
    ann.command(domain::subscribe{"public:" + std::string(300, 'x')}),
    R"("code":"validation_failed")"));
  CHECK(ann.command(domain::unsubscribe{"public:prices"}) == R"({"ok":true})");
  CHECK(ann.command(domain::unsubscribe{"public:prices"}) == R"({"ok":true})");
  CHECK(outbox.of(recording_outbox::kind::unsubscribed, "public:prices").size() == 1);
}

TEST_CASE_METHOD(house, "a session says what conditions are asked about", "[session]") {
  simulated_client ann{*this, "ann"};
  domain::set_attributes what;
  what.attributes = domain::attribute_map{{"plan", std::string{"gold"}}};
  what.location = domain::location{52.5, 13.4};
  CHECK(ann.command(what) == R"({"ok":true})");
  REQUIRE(outbox.described.traits != nullptr);
  CHECK(outbox.described.traits->attributes == *what.attributes);
  CHECK(outbox.described.traits->location == domain::location{52.5, 13.4});
  domain::set_attributes forget;
  forget.location.emplace();
  ann.command(forget);
  CHECK_FALSE(outbox.described.traits->location);
  CHECK(outbox.described.traits->attributes == *what.attributes);
  what.attributes = domain::attribute_map{{"x", std::string(300, 'x')}};
  CHECK(has(ann.command(what), R"("field":"attributes.x")"));
  forget.attributes.emplace();
  ann.command(forget);
  CHECK(outbox.described.traits == nullptr);
}

TEST_CASE_METHOD(house, "what a token says of its bearer is not the client's to set", "[session]") {
  auto who = principal("ann");
  who.traits =
    std::make_shared<domain::traits>(domain::traits{{{"plan", std::string{"free"}}}, std::nullopt});
  simulated_client ann{*this, who};
  domain::set_attributes what;
  what.attributes = domain::attribute_map{{"plan", std::string{"gold"}}};
  CHECK(has(ann.command(what), R"("code":"forbidden")"));
  what.attributes = domain::attribute_map{{"mood", std::string{"fine"}}};
  CHECK(ann.command(what) == R"({"ok":true})");
  CHECK(
    outbox.described.traits->attributes
    == domain::attribute_map{{"mood", std::string{"fine"}}, {"plan", std::string{"free"}}});
}

TEST_CASE_METHOD(
  house, "a published event goes out as it is, behind its answer", "[session][topics]") {
  simulated_client ann{*this, "ann"};
  domain::publish what{"public:prices", "price", R"({"eur":1})", "eur", true};
  CHECK(ann.command(what) == R"({"ok":true})");
  const auto& all = outbox.all();
  REQUIRE(all.size() == 2);
  CHECK(all[0].what == recording_outbox::kind::answer);
  REQUIRE(all[1].what == recording_outbox::kind::event);
  CHECK(all[1].event->cls == domain::delivery_class::droppable);
  CHECK(all[1].event->key == "eur");
  CHECK(all[1].event->data == R"({"eur":1})");
  CHECK(all[1].event->except_user.empty());

  what.event = "new-message";
  CHECK(has(ann.command(what), R"("code":"validation_failed")"));
  what.event = std::string(200, 'x');
  CHECK(has(ann.command(what), R"("field":"event")"));
  what.event = "price";
  what.topic = "room:lobby";
  CHECK(has(ann.command(what), R"("code":"forbidden")"));
  CHECK(outbox.events().size() == 1);
}

TEST_CASE_METHOD(
  house, "while too much waits to be handed out only volatile events are published", "[session]") {
  simulated_client ann{*this, "ann"};
  outbox.full = "public:prices";
  domain::publish what{"public:prices", "price", "1", {}, false};
  CHECK(has(ann.command(what), R"("code":"overloaded")"));
  what.droppable = true;
  CHECK(ann.command(what) == R"({"ok":true})");
  what.droppable = false;
  what.topic = "public:other";
  CHECK(ann.command(what) == R"({"ok":true})");
  CHECK(outbox.events().size() == 2);
}

TEST_CASE_METHOD(
  house, "sync gives what was missed of each room, or says that it can't", "[session]") {
  simulated_client ann{*this, "ann"};
  ann.join("lobby");
  for (int i = 0; i < 3; ++i)
    ann.send("lobby", std::to_string(i));
  const auto json = ann.command(domain::sync_rooms{
    {{domain::room_id{"lobby"}, 1},
     {domain::room_id{"secret"}, 0},
     {domain::room_id{"nowhere"}, 0}}});
  CHECK(has(json, R"({"ok":true,"rooms":{)"));
  CHECK(has(json, R"("seq":2)"));
  CHECK(has(json, R"("seq":3)"));
  CHECK_FALSE(has(json, R"("seq":1,)"));
  CHECK(has(json, R"("secret":{"events":[],"reset":true,"error":{"code":"not_found")"));
  CHECK(has(json, R"("nowhere":{"events":[],"reset":true,"error":{"code":"not_found")"));
  CHECK(ann.command(domain::sync_rooms{}) == R"({"ok":true,"rooms":{}})");
  const auto ahead = ann.command(domain::sync_rooms{{{domain::room_id{"lobby"}, 99}}});
  CHECK(has(ahead, R"("events":[],"reset":true)"));
}

TEST_CASE_METHOD(
  house, "a session ends half a minute after its token, unless that is renewed",
  "[session][tokens]") {
  simulated_client ann{*this, "ann", 60s};
  ann.join("lobby");
  SECTION("not renewed") {
    pass(60s + domain::limits::token_grace - 1s);
    CHECK(ann.is_alive());
    pass(2s);
    CHECK_FALSE(ann.is_alive());
    CHECK(outbox.closes_of(ann.connection) == std::vector{domain::close_code::invalid_token});
    CHECK(sessions_in("lobby") == 0);
    CHECK(outbox.events("user-left").size() == 1);
  }
  SECTION("renewed by another user's token") {
    CHECK(has(ann.command(domain::renew_token{"forged"}), R"("code":"unauthorized")"));
    pass(60s + domain::limits::token_grace + 1s);
    CHECK_FALSE(ann.is_alive());
  }
}

TEST_CASE_METHOD(
  house, "a session whose connection is gone for good leaves its rooms at once", "[session]") {
  simulated_client ann{*this, "ann"};
  ann.join("lobby");
  detach(ann, false);
  CHECK_FALSE(ann.is_alive());
  CHECK(sessions_in("lobby") == 0);
  CHECK(outbox.events("user-left").size() == 1);
  CHECK(world->live.list("session", actors::actor_order::age, 10).rows.empty());
}

TEST_CASE_METHOD(house, "another connection's loss is no concern of a session", "[session]") {
  simulated_client ann{*this, "ann"};
  ann.join("lobby");
  caf::anon_send(ann.session, actors::session_detach{{0, 12345, 1}, false});
  run();
  CHECK(ann.is_alive());
}

TEST_CASE_METHOD(
  house,
  "a session without a connection stays present for the grace, and recoverable for the window",
  "[session][recovery]") {
  simulated_client ann{*this, "ann"};
  ann.join("lobby");
  ann.command(domain::subscribe{"public:prices"});
  detach(ann, true);
  ann.session = nullptr; // the connection held the only handle
  run();
  REQUIRE(ann.is_alive());
  pass(domain::limits::presence_grace - 1s);
  CHECK(sessions_in("lobby") == 1);
  CHECK(outbox.events("user-left").empty());

  SECTION("back within the grace: nobody notices") {
    ann.session = world->sessions.find_pid("pid-" + ann.id.value)->handle;
    outbox.clear();
    auto attached = attach(ann, second_connection, "ann");
    REQUIRE(attached);
    CHECK(attached->id == ann.id);
    CHECK(
      attached->topics
      == std::vector<domain::topic>{"user:usr_ann", "all", "room:lobby", "public:prices"});
    CHECK(outbox.events().empty());
    CHECK(outbox.of(recording_outbox::kind::subscribed)
            .empty()); // net/ does it, together with what was missed
    ann.connection = second_connection;
    CHECK(has(ann.send("lobby", "back"), R"("ok":true)"));
    pass(domain::limits::resume_window + 1s);
    CHECK(ann.is_alive());
  }
  SECTION("back within the window: it left and comes again") {
    pass(3s);
    CHECK(sessions_in("lobby") == 0);
    CHECK(outbox.events("user-left").size() == 1);
    CHECK(outbox.events("user-joined").size() == 1);
    ann.session = world->sessions.find_pid("pid-" + ann.id.value)->handle;
    REQUIRE(attach(ann, second_connection, "ann"));
    CHECK(sessions_in("lobby") == 1);
    CHECK(outbox.events("user-joined").size() == 2);
  }
  SECTION("not back: it ends, and leaves nothing") {
    pass(domain::limits::resume_window);
    CHECK_FALSE(ann.is_alive());
    CHECK(world->sessions.size() == 0);
    CHECK(world->live.list("session", actors::actor_order::age, 10).rows.empty());
    CHECK(outbox.events("user-left").size() == 1);
  }
}

TEST_CASE_METHOD(house, "a new connection replaces one that still lives", "[session][recovery]") {
  simulated_client ann{*this, "ann"};
  REQUIRE(attach(ann, second_connection, "ann"));
  CHECK(outbox.closes_of(ann.connection) == std::vector{domain::close_code::replaced});
  caf::anon_send(ann.session, actors::session_detach{ann.connection, false}); // the old one's end
  run();
  CHECK(ann.is_alive());
}

TEST_CASE_METHOD(house, "nobody takes over another user's session", "[session][recovery]") {
  simulated_client ann{*this, "ann"};
  CHECK(attach(ann, second_connection, "eve").error.code == domain::errc::unauthorized);
  CHECK(outbox.of(recording_outbox::kind::closed).empty());
}

TEST_CASE_METHOD(
  house, "rooms that may no longer be read are left out of a recovery", "[session][recovery]") {
  storage.add_member("secret", domain::user_id{"usr_ann"});
  simulated_client ann{*this, "ann"};
  ann.join("lobby");
  ann.join("secret");
  detach(ann, true);
  pass(domain::limits::presence_grace + 1s);
  storage.room_of("secret").members.clear();
  auto attached = attach(ann, second_connection, "ann");
  REQUIRE(attached);
  CHECK(attached->topics == std::vector<domain::topic>{"user:usr_ann", "all", "room:lobby"});
}

TEST_CASE_METHOD(
  house, "a recovery whose rooms can't be asked fails as a whole", "[session][recovery]") {
  simulated_client ann{*this, "ann"};
  ann.join("lobby");
  detach(ann, true);
  kill_room("lobby");
  storage.on_outcome = [](const persistence::change&, persistence::outcome& outcome) {
    outcome = domain::error{domain::errc::retry, "unknown", {}, {}};
  };
  CHECK(attach(ann, second_connection, "ann").error.code == domain::errc::unavailable);
  storage.on_outcome = {};
  CHECK(ask<actors::session_view>(ann.session, actors::session_view_query{})->connected == false);
  pass(domain::limits::resume_window + 1s);
  CHECK_FALSE(ann.is_alive());
}

TEST_CASE_METHOD(
  house, "a session is closed with a reason, after what was accepted is answered", "[session]") {
  simulated_client ann{*this, "ann"};
  ann.join("lobby");
  SECTION("kicked: at once") {
    caf::anon_send(ann.session, actors::session_close{domain::close_code::kicked});
    run();
    CHECK(outbox.closes_of(ann.connection) == std::vector{domain::close_code::kicked});
    CHECK_FALSE(ann.is_alive());
  }
  SECTION("shutdown: politely") {
    const auto ack = ann.start(simulated_client::message("lobby", "last words"));
    caf::anon_send(ann.session, actors::session_close{domain::close_code::shutdown});
    const auto late = ann.start(simulated_client::message("lobby", "too late"));
    run();
    CHECK(has(ann.answer(ack), R"("ok":true)"));
    CHECK(has(ann.answer(late), R"("code":"unavailable")"));
    const auto& all = outbox.all();
    REQUIRE(all.back().what != recording_outbox::kind::answer);
    CHECK(outbox.closes_of(ann.connection) == std::vector{domain::close_code::shutdown});
  }
  CHECK(sessions_in("lobby") == 0);
}

TEST_CASE_METHOD(
  house, "a session that dies takes its connection along and leaves its rooms", "[session]") {
  simulated_client ann{*this, "ann"};
  ann.join("lobby");
  caf::anon_send_exit(ann.session, caf::exit_reason::kill);
  run();
  CHECK(outbox.closes_of(ann.connection) == std::vector{domain::close_code::internal});
  CHECK(sessions_in("lobby") == 0);
  CHECK(world->sessions.size() == 0);
}

TEST_CASE_METHOD(house, "a session shows its state", "[session]") {
  simulated_client ann{*this, "ann"};
  ann.join("lobby");
  auto view = ask<actors::session_view>(ann.session, actors::session_view_query{});
  REQUIRE(view);
  CHECK(view->username == "ann");
  CHECK(view->connected);
  CHECK(view->topics == std::vector<domain::topic>{"user:usr_ann", "all", "room:lobby"});
  auto json = ask<std::string>(caf::actor_cast<caf::actor>(ann.session), actors::snapshot_query{});
  REQUIRE(json);
  CHECK(has(*json.value, R"("rooms":["lobby"])"));
}

TEST_CASE_METHOD(
  house, "a user has a bounded number of sessions, and the index forgets those that ended",
  "[session]") {
  std::vector<std::unique_ptr<simulated_client>> clients;
  for (std::size_t i = 0; i < domain::limits::sessions_per_user; ++i)
    clients.push_back(std::make_unique<simulated_client>(*this, "ann"));
  CHECK(
    world->sessions.of_user(domain::user_id{"usr_ann"}).size()
    == domain::limits::sessions_per_user);
  CHECK_FALSE(world->sessions.add(
    {domain::session_id{"x"}, "p", domain::user_id{"usr_ann"}, "ann", clock.now(),
     clients[0]->session}));
  detach(*clients[3], false);
  CHECK(world->sessions.size() == domain::limits::sessions_per_user - 1);
  CHECK(world->sessions.list(5).size() == 5);
  CHECK_FALSE(world->sessions.find(clients[3]->id));
}

TEST_CASE_METHOD(
  house, "a user at the bound loses the session that was without a connection for the longest",
  "[session]") {
  std::vector<std::unique_ptr<simulated_client>> clients;
  for (std::size_t i = 0; i < domain::limits::sessions_per_user; ++i)
    clients.push_back(std::make_unique<simulated_client>(*this, "ann"));
  auto& index = world->sessions;
  const domain::user_id ann{"usr_ann"};
  CHECK_FALSE(index.make_place(ann).is_free); // all are connected
  CHECK(index.make_place(domain::user_id{"usr_bob"}).is_free);
  detach(*clients[7], true);
  pass(1s);
  detach(*clients[3], true);
  detach(*clients[9], true);
  REQUIRE(attach(*clients[9], second_connection, "ann"));
  for (const auto expected : {7, 3}) {
    const auto place = index.make_place(ann);
    CHECK(place.is_free);
    REQUIRE(place.evicted == clients[static_cast<std::size_t>(expected)]->session);
    CHECK_FALSE(index.find(clients[static_cast<std::size_t>(expected)]->id));
    caf::anon_send(place.evicted, actors::session_close{domain::close_code::connection_limit});
    run();
    CHECK(index.make_place(ann).is_free); // there is a place now
    clients.push_back(std::make_unique<simulated_client>(*this, "ann"));
  }
  CHECK_FALSE(index.make_place(ann).is_free);
  CHECK(index.size() == domain::limits::sessions_per_user);
}

TEST_CASE_METHOD(
  house, "an answer to sync or join has no more of the past than a connection can take",
  "[session]") {
  world->config.catch_up_bytes = 5'000;
  storage.add_room("den");
  simulated_client ann{*this, "ann"};
  for (const std::string room : {"lobby", "den"}) {
    ann.join(room);
    for (int i = 0; i < 10; ++i)
      ann.send(room, std::string(50, 'x'));
  }
  domain::sync_rooms one;
  one.rooms = {{domain::room_id{"lobby"}, 0}};
  const auto fits = ann.command(one);
  CHECK(has(fits, R"("reset":false)"));
  CHECK(has(fits, R"("seq":10)"));
  domain::sync_rooms both;
  both.rooms = {{domain::room_id{"lobby"}, 0}, {domain::room_id{"den"}, 0}};
  const auto half = ann.command(both);
  CHECK(has(half, R"("reset":true)")); // one of them, whole
  CHECK(has(half, R"("reset":false)"));
  CHECK(half.size() < fits.size() + 200);
  const auto join = [&](domain::seq after) {
    return ann.command(domain::join_room{domain::room_id{"lobby"}, after});
  };
  CHECK(has(join(7), R"("reset":false)"));
  CHECK(has(join(0), R"("messages":[{"seq":)")); // the newest instead
  CHECK(has(join(0), R"("events":[],"reset":true)"));
}

TEST_CASE("an idle session is small", "[session][memory]") {
  CHECK(sizeof(actors::session) < 1'700);
}
