#pragma once

#include "actors/error.hpp"
#include "actors/repository_front.hpp"
#include "actors/session_body.hpp"
#include "actors/surroundings.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/memory_storage.hpp"
#include "tests/support/recording_outbox.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace support {

class quiet_log : public domain::log {
public:
  bool enabled(domain::log_level) const override { return true; }
  void write(
    domain::log_level, std::string_view event, std::initializer_list<domain::log_field>) override {
    events.emplace_back(event);
  }
  std::vector<std::string> events;
};

struct test_system_config : caf::actor_system_config {
  test_system_config() { set("scheduler.policy", caf::atom("testing")); }
};

/// CAF's test scheduler: everything runs on this thread, when told to, in simulated time.
struct simulated_system {
  test_system_config config;
  caf::actor_system system{config};
  caf::scheduler::test_coordinator& scheduler =
    dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  fake_clock clock;

  simulated_system() { system.await_actors_before_shutdown(false); }
  ~simulated_system() {
    scheduler.clock().cancel_all(); // pending timers would hang the system's destructor
    scheduler.run();
  }
  void run() { scheduler.run(); }
  /// Both clocks go on together, in small steps, so that timers set by timers fire when they
  /// should.
  void advance(std::chrono::milliseconds by) {
    constexpr std::chrono::milliseconds step{100};
    for (; by.count() > 0; by -= std::min(by, step)) {
      clock.advance(std::min(by, step));
      scheduler.advance_time(std::min(by, step));
      scheduler.run();
    }
  }
};

/// What a question to an actor came to.
template <class T>
struct answered {
  std::optional<T> value;
  domain::error error;
  explicit operator bool() const { return value.has_value(); }
  T* operator->() { return &*value; }
};

/// The actors of a node over storage in memory, with a recording outbox and simulated time.
struct simulated_node : simulated_system {
  std::shared_ptr<actors::surroundings> world = std::make_shared<actors::surroundings>();
  counting_ids ids;
  counting_random random;
  quiet_log log;
  recording_outbox outbox;
  memory_storage storage;
  std::vector<std::string> gave_up;
  caf::scoped_actor self{system};

  simulated_node() {
    world->clock = &clock;
    world->ids = &ids;
    world->random = &random;
    world->log = &log;
    world->use(outbox);
    world->config.own_threads = false;
    world->config.passwords = {1, 8192};
    world->config.jwt_secret = "0123456789abcdef0123456789abcdef";
    world->config.rates.messages = world->config.rates.joins = {};
    world->give_up = [this](std::string_view why) { gave_up.emplace_back(why); };
    start_storage();
    world->book.put(actors::spawn_room_directory(system, world));
    world->book.put(actors::spawn_authenticator(system, world));
    world->book.put(actors::spawn_broadcaster(system, world));
    run();
  }
  ~simulated_node() {
    outbox.watcher = {};
    for (const auto& session : world->sessions.all())
      caf::anon_send_exit(session, caf::exit_reason::kill);
    for (const auto& row : world->live.list({}, actors::actor_order::age, 10'000).rows)
      caf::anon_send_exit(world->live.handle(row.id), caf::exit_reason::kill);
    world->book.clear();
    scheduler.clock().cancel_all();
    run();
  }

  void start_storage() {
    auto load = std::make_shared<std::atomic<std::size_t>>(0);
    actors::storage_worker_args args{world, &storage, load};
    world->book.put(
      actors::address_book::writer_entry{actors::spawn_storage_writer(system, args), load});
    args.load = std::make_shared<std::atomic<std::size_t>>(0);
    world->book.put(
      0, actors::address_book::reader_entry{actors::spawn_storage_reader(system, args), args.load});
    world->book.put(actors::spawn_user_repository(system, world));
    world->book.put(actors::spawn_room_repository(system, world));
    world->book.put(actors::spawn_message_repository(system, world));
  }

  /// A question and its answer, which may be collected later.
  template <class Reply, class Handle, class Question>
  auto question(const Handle& whom, Question what) {
    auto pending =
      self->request(whom, caf::infinite, std::move(what)); // simulated time stands still
    return [this, pending]() mutable {
      run();
      answered<Reply> result;
      pending.receive(
        [&](Reply& value) { result.value = std::move(value); },
        [&](caf::error& why) { result.error = actors::from_caf(why); });
      return result;
    };
  }
  template <class Reply, class Handle, class Question>
  answered<Reply> ask(const Handle& whom, Question what) {
    return question<Reply>(whom, std::move(what))();
  }

  actors::room_actor open(const std::string& room) {
    auto opened =
      ask<actors::opened_room>(world->book.directory(), actors::open_room{domain::room_id{room}});
    return opened ? opened->room : actors::room_actor{};
  }

  domain::member_ref member(const std::string& name) const {
    return {domain::user_id{"usr_" + name}, name, name, {}};
  }
  domain::principal
  principal(const std::string& name, std::chrono::seconds life = std::chrono::hours{1}) const {
    return {domain::user_id{"usr_" + name}, name, name, {}, domain::role::user, clock.now() + life};
  }
};

/// A signed-in client, as its connection sees it.
struct simulated_client {
  simulated_client(
    simulated_node& n, const std::string& name, std::chrono::seconds life = std::chrono::hours{1})
      : simulated_client(n, n.principal(name, life)) {}
  simulated_client(simulated_node& n, domain::principal checked)
      : node(n), who(std::move(checked)), id(n.ids.next_session()), connection{0, next_slot(), 1} {
    session = actors::spawn_session(node.system, {node.world, id, who, connection, nullptr});
    node.world->sessions.add(
      {id, "pid-" + id.value, who.user, who.username, node.clock.now(), session, 0});
    node.world->sessions.wake_at(id, actors::session_deadline(*node.world, who));
  }

  /// Sends a command and gives its acknowledgement's name.
  std::string start(domain::command what) {
    auto ack = who.username + '-' + std::to_string(connection.slot) + '-' + std::to_string(++count);
    caf::anon_send(session, actors::session_command{{connection, ack, "command"}, std::move(what)});
    return ack;
  }
  /// Sends a command, lets everything run, and gives the one answer.
  std::string command(domain::command what) {
    const auto ack = start(std::move(what));
    node.run();
    return answer(ack);
  }
  std::string answer(const std::string& ack) const {
    const auto found = node.outbox.answers_to(ack);
    return found.size() == 1 ? found.front().json : std::to_string(found.size()) + " answers";
  }
  std::string join(const std::string& room) {
    return command(domain::join_room{domain::room_id{room}, std::nullopt});
  }
  std::string
  send(const std::string& room, const std::string& text, const std::string& client_id = {}) {
    return command(message(room, text, client_id));
  }
  static domain::send_message
  message(const std::string& room, const std::string& text, const std::string& client_id = {}) {
    return {domain::room_id{room}, {text, client_id, {}, {}}};
  }
  void tick() { // what the housekeeper does
    for (const auto& due : node.world->sessions.due(node.clock.steady()))
      caf::anon_send(due, actors::session_tick{});
    node.run();
  }
  bool is_alive() const { return node.world->sessions.find(id).has_value(); }

  simulated_node& node;
  domain::principal who;
  domain::session_id id;
  actors::connection_ref connection;
  actors::session_actor session;
  std::size_t count = 0;

private:
  static std::uint32_t next_slot() {
    static std::uint32_t slot = 0;
    return ++slot;
  }
};

} // namespace support
