#include "actors/inspected.hpp"

#include "actors/inspector.hpp"
#include "tests/support/simulated_node.hpp"

#include <catch2/catch.hpp>

using support::simulated_node;

namespace {

using counter_actor = caf::typed_actor<caf::reacts_to<std::uint64_t>, caf::reacts_to<std::string>>;

class counter final : public actors::inspected<counter_actor::base> {
public:
  using inspected::inspected;
  const char* name() const override { return "counter"; }
  std::string label() const override { return "counter:" + std::to_string(id()); }
  std::string snapshot() const override { return "{\"sum\":" + std::to_string(sum_) + '}'; }
  counter_actor::behavior_type make_behavior() override {
    return {
      [this](std::uint64_t x) { sum_ += x; },
      [](const std::string& text) { throw std::runtime_error("can't count " + text); },
    };
  }

private:
  std::uint64_t sum_ = 0;
};

/// A worker of the scheduler, as an actor sees it.
class counting_unit final : public caf::execution_unit {
public:
  explicit counting_unit(caf::actor_system& system) : caf::execution_unit(&system) {}
  void exec_later(caf::resumable* what) override {
    ++asked;
    system().scheduler().enqueue(what);
  }
  std::size_t asked = 0;
};

} // namespace

TEST_CASE_METHOD(
  simulated_node, "an actor's mailbox and work are seen without asking it", "[inspection]") {
  auto one = system.spawn<counter>(&world->live);
  run();
  for (std::uint64_t i = 0; i < 3; ++i)
    caf::anon_send(one, i);
  actors::actor_row row;
  REQUIRE(world->live.find(one.id(), row));
  CHECK(row.mailbox == 3);
  CHECK(row.handled == 0);
  run();
  REQUIRE(world->live.find(one.id(), row));
  CHECK(row.mailbox == 0);
  CHECK(row.handled == 3);
  CHECK(row.type == "counter");
  CHECK(row.name == "counter:" + std::to_string(one.id()));
  CHECK_FALSE(row.last_message.empty());
  CHECK(row.stuck_us == 0);
}

TEST_CASE_METHOD(
  simulated_node, "actors are listed by type, in the order asked for, with totals",
  "[inspection]") {
  std::vector<counter_actor> all;
  for (std::uint64_t i = 0; i < 5; ++i) {
    all.push_back(system.spawn<counter>(&world->live));
    for (std::uint64_t j = 0; j < i; ++j)
      caf::anon_send(all.back(), j);
  }
  auto found = world->live.list("counter", actors::actor_order::mailbox, 2);
  REQUIRE(found.rows.size() == 2);
  CHECK(found.rows[0].id == all[4].id());
  CHECK(found.rows[1].id == all[3].id());
  CHECK(found.totals.at("counter") == 5);
  CHECK(found.total == world->live.size());
  run();
  CHECK(world->live.list("counter", actors::actor_order::messages, 1).rows[0].handled == 4);
}

TEST_CASE_METHOD(
  simulated_node, "an actor that dies of an exception leaves its reason", "[inspection]") {
  auto one = system.spawn<counter>(&world->live);
  const auto id = one.id();
  const auto before = world->live.size();
  caf::anon_send(one, std::string{"apples"});
  run();
  CHECK(world->live.size() == before - 1);
  CHECK_FALSE(world->live.handle(id));
  const auto dead = world->live.recently_dead();
  REQUIRE_FALSE(dead.empty());
  CHECK(dead.back().id == id);
  CHECK(dead.back().type == "counter");
  CHECK(dead.back().reason.find("runtime_error") != std::string::npos);
}

TEST_CASE_METHOD(
  simulated_node, "an actor nobody refers to vanishes from the list", "[inspection]") {
  const auto before = world->live.size();
  system.spawn<counter>(&world->live);
  run();
  CHECK(world->live.size() == before);
}

TEST_CASE_METHOD(simulated_node, "the inspector asks an actor for its state", "[inspection]") {
  auto one = system.spawn<counter>(&world->live);
  caf::anon_send(one, std::uint64_t{42});
  run();
  auto inspector = actors::spawn_inspector(system, world);
  auto state = ask<std::string>(inspector, actors::inspect_actor{one.id()});
  REQUIRE(state);
  CHECK(*state.value == "{\"sum\":42}");
  CHECK(
    ask<std::string>(inspector, actors::inspect_actor{999'999}).error.code
    == domain::errc::not_found);
}

TEST_CASE_METHOD(
  simulated_node, "a pinned actor runs at home, whoever sends to it, and may move", "[pinned]") {
  counting_unit first{system}, second{system};
  auto session = actors::spawn_session(
    system, {world, domain::session_id{"s"}, principal("ann"), {0, 1, 1}, &first});
  caf::anon_send(session, actors::session_tick{});
  CHECK(first.asked == 1);
  run();
  REQUIRE(ask<actors::session_attached>(
    session, actors::session_attach{{1, 1, 1}, principal("ann"), &second}));
  const auto asked = first.asked;
  caf::anon_send(session, actors::session_tick{});
  run();
  CHECK(second.asked >= 1);
  CHECK(first.asked == asked);
}
