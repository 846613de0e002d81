#include "domain/limits.hpp"
#include "tests/support/simulated_node.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using support::simulated_node;

namespace {

actors::write_change member_change(const std::string& user) {
  return {persistence::add_member{
    {domain::room_id{"lobby"}, domain::user_id{user}, domain::room_role::member, {}}}};
}

struct store : simulated_node {
  store() { storage.add_room("lobby"); }
};

} // namespace

TEST_CASE_METHOD(store, "everything that queued up goes into one commit", "[repositories]") {
  std::vector<std::function<support::answered<persistence::written>()>> pending;
  for (int i = 0; i < 50; ++i)
    pending.push_back(
      question<persistence::written>(world->book.rooms(), member_change(std::to_string(i))));
  run();
  for (auto& each : pending)
    CHECK(each());
  CHECK(storage.batches.size() <= 2);
  CHECK(*world->book.writer().load == 0);
}

TEST_CASE_METHOD(store, "a batch is bounded in changes and in bytes", "[repositories]") {
  SECTION("changes") {
    for (std::size_t i = 0; i < 3 * domain::limits::batch_changes; ++i)
      self->send(world->book.rooms(), member_change(std::to_string(i)));
    run();
    CHECK(
      *std::max_element(storage.batches.begin(), storage.batches.end())
      == domain::limits::batch_changes);
  }
  SECTION("bytes") {
    for (std::size_t i = 0; i < 8; ++i)
      self->send(
        world->book.users(), actors::write_change{persistence::save_answer{
                               {}, std::to_string(i), {}, 200, std::string(300'000, 'x'), {}}});
    run();
    CHECK(*std::max_element(storage.batches.begin(), storage.batches.end()) == 4);
  }
}

TEST_CASE_METHOD(store, "one bad change fails alone", "[repositories]") {
  auto good = question<persistence::written>(world->book.rooms(), member_change("ann"));
  actors::write_change wrong = member_change("ben");
  std::get<persistence::add_member>(wrong.what).membership.room = domain::room_id{"nowhere"};
  auto bad = question<persistence::written>(world->book.rooms(), wrong);
  CHECK(good());
  CHECK(bad().error.code == domain::errc::not_found);
}

TEST_CASE_METHOD(store, "beyond its bound a repository says overloaded at once", "[repositories]") {
  *world->book.writer().load += domain::limits::repository_queue;
  CHECK(
    ask<persistence::written>(world->book.rooms(), member_change("ann")).error.code
    == domain::errc::overloaded);
  CHECK(storage.batches.empty());
  *world->book.reader().load += domain::limits::repository_queue;
  CHECK(
    ask<actors::found_room>(world->book.rooms(), actors::find_room{domain::room_id{"lobby"}})
      .error.code
    == domain::errc::overloaded);
}

TEST_CASE_METHOD(store, "what waited too long is shed", "[repositories]") {
  auto writer = world->book.writer();
  *writer.load += 1;
  const actors::queued<actors::write_change> old{
    member_change("ann"), clock.steady() - domain::limits::repository_queue_age - 1ms};
  CHECK(ask<persistence::written>(writer.worker, old).error.code == domain::errc::overloaded);
  CHECK(*writer.load == 0);
  CHECK(storage.batches.empty());
}

TEST_CASE_METHOD(store, "a writer that throws answers retry and ends", "[repositories]") {
  storage.before_apply = [](auto) { throw std::runtime_error("disk on fire"); };
  auto first = question<persistence::written>(world->book.rooms(), member_change("ann"));
  auto second = question<persistence::written>(world->book.rooms(), member_change("ben"));
  CHECK(first().error.code == domain::errc::retry);
  CHECK_FALSE(second());
  CHECK(gave_up.empty());
  CHECK(world->live.list("storage_writer", actors::actor_order::age, 10).rows.empty());
  CHECK(
    ask<persistence::written>(world->book.rooms(), member_change("ann")).error.code
    == domain::errc::unavailable);
}

TEST_CASE_METHOD(store, "after a failed flush the process is told to end", "[repositories]") {
  storage.before_apply = [](auto) { throw persistence::flush_failed{"EIO"}; };
  CHECK(
    ask<persistence::written>(world->book.rooms(), member_change("ann")).error.code
    == domain::errc::retry);
  REQUIRE(gave_up.size() == 1);
  CHECK(gave_up[0] == "flush failed: EIO");
}

TEST_CASE_METHOD(store, "every question of the repositories reaches storage", "[repositories]") {
  storage.users[domain::user_id{"usr_ann"}].user.id = domain::user_id{"usr_ann"};
  storage.users[domain::user_id{"usr_ann"}].user.email = "ann@example.org";
  storage.add_member("lobby", domain::user_id{"usr_ann"});
  const domain::user_id ann{"usr_ann"};
  const domain::room_id lobby{"lobby"};
  auto users = world->book.users();
  auto rooms = world->book.rooms();
  auto messages = world->book.messages();
  CHECK(ask<actors::found_user>(users, actors::find_user{ann})->user.id == ann);
  CHECK(
    ask<actors::found_user>(users, actors::find_user{domain::user_id{"x"}}).error.code
    == domain::errc::not_found);
  CHECK(
    ask<actors::found_login>(users, actors::find_login{"ann@example.org"})->record.user.id == ann);
  CHECK_FALSE(ask<actors::found_answer>(users, actors::find_answer{ann, "key", {}})->found);
  CHECK(ask<actors::found_room>(rooms, actors::find_room{lobby})->room.id == lobby);
  CHECK(ask<actors::found_member>(rooms, actors::find_member{lobby, ann})->membership.user == ann);
  CHECK(ask<persistence::room_page>(rooms, actors::list_rooms{ann, 10, 0})->total == 1);
  CHECK(ask<actors::member_list>(rooms, actors::list_members{lobby, 10, 0})->members.size() == 1);
  CHECK(
    ask<actors::event_list>(messages, actors::load_events{lobby, 0, 10, false})->events.empty());
  CHECK(
    ask<persistence::message_page>(messages, actors::load_messages{lobby, {}})->messages.empty());
  CHECK(*world->book.reader().load == 0);
}
