#include "actors/node.hpp"

#include "domain/limits.hpp"
#include "tests/support/simulated_node.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

namespace {

struct whole_node : support::simulated_system {
  support::counting_ids ids;
  support::counting_random random;
  support::quiet_log log;
  support::recording_outbox outbox;
  support::memory_storage storage;
  actors::settings settings;
  std::unique_ptr<actors::node> node;
  int failures = 0;

  whole_node() {
    settings.own_threads = false;
    settings.passwords = {1, 8192};
    settings.jwt_secret = "0123456789abcdef0123456789abcdef";
    settings.rates.messages = settings.rates.joins = {};
    storage.add_room("lobby");
    node = std::make_unique<actors::node>(
      system, actors::world{&clock, &ids, &random, &log, &outbox, &storage}, settings);
    node->on_failure([this] { ++failures; });
    node->start();
    run();
  }
  ~whole_node() { end(); }

  void end() {
    node->begin_stop();
    advance(12s);
    node->stop();
  }
  domain::principal ann() const {
    return {domain::user_id{"usr_ann"}, "ann", "Ann", {}, domain::role::user, clock.now() + 1h};
  }
  actors::session_actor open(std::uint32_t slot) {
    auto made = node->open_session(
      ann(), ids.next_session(), "pid" + std::to_string(slot), {0, slot, 1}, nullptr);
    return made ? *made : actors::session_actor{};
  }
  std::size_t count(std::string_view type) {
    return node->actors().list(type, actors::actor_order::age, 1'000).rows.size();
  }
};

} // namespace

TEST_CASE_METHOD(whole_node, "a node starts its tree and knows whether storage stores", "[node]") {
  CHECK(node->users());
  CHECK(node->rooms());
  CHECK(node->messages());
  CHECK(node->directory());
  CHECK(node->authenticator());
  CHECK(node->is_storage_ready());
  CHECK(count("supervisor") == 1);
  CHECK(count("storage_reader") == domain::limits::readers);
  const auto commits = storage.batches.size();
  for (int i = 0; i < 10; ++i)
    node->is_storage_ready();
  run();
  CHECK(storage.batches.size() == commits); // at most one probe a second
  storage.on_outcome = [](const persistence::change&, persistence::outcome& outcome) {
    outcome = domain::error{domain::errc::retry, "unknown", {}, {}};
  };
  advance(1s);
  node->is_storage_ready();
  run();
  CHECK_FALSE(node->is_storage_ready());
}

TEST_CASE_METHOD(
  whole_node, "a stopping node answers, closes its sessions and leaves no actor behind", "[node]") {
  auto session = open(1);
  const auto tell = [&](const char* ack, domain::command what) {
    caf::anon_send(session, actors::session_command{{{0, 1, 1}, ack, "x"}, std::move(what)});
  };
  tell("join", domain::join_room{domain::room_id{"lobby"}, std::nullopt});
  run();
  tell("send", domain::send_message{domain::room_id{"lobby"}, {"last words", {}, {}, {}}});
  end();
  CHECK(outbox.answers_to("send").at(0).ok);
  CHECK(outbox.closes_of({0, 1, 1}) == std::vector{domain::close_code::shutdown});
  CHECK(node->sessions().size() == 0);
  CHECK(node->actors().size() == 0);
  CHECK_FALSE(node->has_failed());
  CHECK_FALSE(node->users());
}

TEST_CASE_METHOD(whole_node, "a user has a bounded number of sessions", "[node]") {
  std::vector<actors::session_actor> held; // as connections do: a session nobody holds ends
  for (std::uint32_t i = 1; i <= domain::limits::sessions_per_user; ++i)
    REQUIRE(held.emplace_back(open(i)));
  CHECK_FALSE(open(1'000));
  run();
  CHECK(count("session") == domain::limits::sessions_per_user);
  held.clear();
  run();
  CHECK(count("session") == 0);
}

TEST_CASE_METHOD(whole_node, "sessions are woken by the housekeeper", "[node]") {
  auto who = ann();
  who.expires_at = clock.now() + 10s;
  auto made = node->open_session(who, ids.next_session(), "pid", {0, 5, 1}, nullptr);
  REQUIRE(made);
  advance(10s + domain::limits::token_grace + 1s);
  CHECK(outbox.closes_of({0, 5, 1}) == std::vector{domain::close_code::invalid_token});
}

TEST_CASE_METHOD(whole_node, "a service that fails is made again after a pause", "[node]") {
  const auto before = node->users();
  caf::anon_send_exit(before, caf::exit_reason::kill);
  run();
  advance(300ms);
  CHECK(node->users() != before);
  CHECK(node->is_storage_ready());
  const auto rows = node->actors().list("user_repository", actors::actor_order::age, 10).rows;
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].restarts == 1);
  CHECK_FALSE(node->has_failed());
}

TEST_CASE_METHOD(whole_node, "a writer that fails is made again with a new connection", "[node]") {
  int left = 1;
  storage.before_apply = [&](auto) {
    if (left-- > 0)
      throw std::runtime_error("broken connection");
  };
  advance(1s);
  node->is_storage_ready();
  advance(1s);
  CHECK(count("storage_writer") == 1);
  node->is_storage_ready();
  run();
  CHECK(node->is_storage_ready());
}

TEST_CASE_METHOD(whole_node, "a node gives up when its services keep failing", "[node]") {
  for (std::size_t i = 0; i <= domain::limits::restarts && !node->has_failed(); ++i) {
    if (auto rooms = node->rooms())
      caf::anon_send_exit(rooms, caf::exit_reason::kill);
    advance(1s);
  }
  advance(2s);
  if (!node->has_failed()) {
    caf::anon_send_exit(node->rooms(), caf::exit_reason::kill);
    run();
  }
  CHECK(node->has_failed());
  CHECK(failures == 1);
}

TEST_CASE_METHOD(whole_node, "a node fails at once after a failed flush", "[node]") {
  storage.before_apply = [](auto) { throw persistence::flush_failed{"EIO"}; };
  advance(1s);
  node->is_storage_ready();
  run();
  CHECK(node->has_failed());
  CHECK(failures == 1);
}
