#include "tests/support/simulated_node.hpp"

#include <catch2/catch.hpp>

using support::simulated_node;

TEST_CASE_METHOD(
  simulated_node, "many who ask for a room at once get one actor and one epoch", "[directory]") {
  storage.add_room("lobby");
  auto first = question<actors::opened_room>(
    world->book.directory(), actors::open_room{domain::room_id{"lobby"}});
  auto second = question<actors::opened_room>(
    world->book.directory(), actors::open_room{domain::room_id{"lobby"}});
  const auto one = first()->room;
  CHECK(second()->room == one);
  CHECK(open("lobby") == one);
  CHECK(storage.room_of("lobby").epoch == 1);
  auto listed = ask<actors::active_rooms>(world->book.directory(), actors::list_active_rooms{});
  REQUIRE(listed);
  CHECK(listed->total == 1);
  CHECK(listed->rooms[0].actor == one.id());
}

TEST_CASE_METHOD(
  simulated_node, "a room that does not exist is not found, and may exist later", "[directory]") {
  const actors::open_room question{domain::room_id{"nowhere"}};
  CHECK(
    ask<actors::opened_room>(world->book.directory(), question).error.code
    == domain::errc::not_found);
  storage.add_room("nowhere");
  CHECK(ask<actors::opened_room>(world->book.directory(), question));
}

TEST_CASE_METHOD(
  simulated_node, "a room that failed is activated again by the next who asks", "[directory]") {
  storage.add_room("lobby");
  auto room = open("lobby");
  caf::anon_send_exit(room, caf::exit_reason::kill);
  run();
  CHECK(
    ask<actors::active_rooms>(world->book.directory(), actors::list_active_rooms{})->total == 0);
  auto next = open("lobby");
  CHECK(next != room);
  CHECK(storage.room_of("lobby").epoch == 2);
  actors::actor_row row;
  REQUIRE(world->live.find(next.id(), row));
  CHECK(row.name == "room:lobby");
  CHECK(row.restarts == 1);
}

TEST_CASE_METHOD(
  simulated_node, "all who wait are told when a room can't be activated", "[directory]") {
  storage.add_room("lobby");
  storage.on_outcome = [](const persistence::change&, persistence::outcome& outcome) {
    outcome = domain::error{domain::errc::retry, "unknown", {}, {}};
  };
  auto first = question<actors::opened_room>(
    world->book.directory(), actors::open_room{domain::room_id{"lobby"}});
  auto second = question<actors::opened_room>(
    world->book.directory(), actors::open_room{domain::room_id{"lobby"}});
  CHECK(first().error.code == domain::errc::retry);
  CHECK(second().error.code == domain::errc::retry);
  storage.on_outcome = {};
  CHECK(open("lobby"));
}

TEST_CASE_METHOD(
  simulated_node, "rooms end with their directory, and the next one starts them again",
  "[directory]") {
  storage.add_room("lobby");
  auto room = open("lobby");
  caf::anon_send_exit(world->book.directory(), caf::exit_reason::kill);
  run();
  CHECK(world->live.list("room", actors::actor_order::age, 10).rows.empty());
  world->book.put(actors::spawn_room_directory(system, world));
  CHECK(open("lobby") != room);
}

TEST_CASE_METHOD(simulated_node, "nobody but the room itself can have it retired", "[directory]") {
  storage.add_room("lobby");
  auto room = open("lobby");
  self->send(world->book.directory(), actors::retire_room{domain::room_id{"lobby"}});
  run();
  CHECK(open("lobby") == room);
}
