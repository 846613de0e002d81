#include "actors/node.hpp"

#include "actors/housekeeper.hpp"
#include "actors/inspector.hpp"
#include "actors/repository_front.hpp"
#include "actors/session_body.hpp"
#include "actors/storage_worker.hpp"
#include "actors/supervisor.hpp"
#include "actors/surroundings.hpp"
#include "domain/limits.hpp"

#include <caf/all.hpp>

#include <future>
#include <mutex>
#include <utility>

namespace actors {

namespace {

constexpr std::chrono::seconds probe_period{1};

/// Outlives the node: an actor may fail while it goes down.
struct failure {
  std::atomic<bool> has_happened{false};
  std::mutex mutex;
  std::function<void()> tell;
};

template <class Handle>
caf::strong_actor_ptr entered(address_book& book, Handle handle) {
  auto pointer = caf::actor_cast<caf::strong_actor_ptr>(handle);
  book.put(std::move(handle));
  return pointer;
}

} // namespace

struct node::impl {
  impl(caf::actor_system& sys, const world& w) : system(sys), outside(w) {}

  caf::actor_system& system;
  world outside;
  std::shared_ptr<surroundings> inside = std::make_shared<surroundings>();
  std::shared_ptr<failure> failed = std::make_shared<failure>();
  std::shared_ptr<std::atomic<bool>> storage_ready = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<std::promise<void>> stopped = std::make_shared<std::promise<void>>();
  std::shared_future<void> end = stopped->get_future().share();
  supervisor_actor root{};
  std::mutex mutex; // of `housekeeper` and `last_probe`
  housekeeper_actor housekeeper{};
  domain::steady_time last_probe{};
  bool was_stopped = false;

  std::vector<child_plan> plans();
  void probe_now_and_then();
};

node::node(caf::actor_system& system, world w, settings s) : impl_(new impl(system, w)) {
  auto& inside = *impl_->inside;
  inside.clock = w.clock;
  inside.ids = w.ids;
  inside.random = w.random;
  inside.log = w.log;
  inside.use(*w.out);
  inside.config = std::move(s);
  inside.give_up = [failed = impl_->failed, log = w.log](std::string_view why) {
    if (failed->has_happened.exchange(true))
      return;
    log->error("node-gives-up", {{"why", why}});
    std::lock_guard guard{failed->mutex};
    if (failed->tell)
      failed->tell();
  };
}

node::~node() {
  stop();
}

// Bottom up: what stands later works with what stands before it.
std::vector<child_plan> node::impl::plans() {
  std::vector<child_plan> result;
  // They live as long as the supervisor, which `stop` outlives: `this` is safe in them.
  auto& book = inside->book;
  result.push_back({"storage_writer", [this, &book] {
                      auto load = std::make_shared<std::atomic<std::size_t>>(0);
                      auto worker = spawn_storage_writer(system, {inside, outside.storage, load});
                      book.put(address_book::writer_entry{worker, load});
                      return caf::actor_cast<caf::strong_actor_ptr>(worker);
                    }});
  for (std::size_t i = 0; i < domain::limits::readers; ++i)
    result.push_back({"storage_reader", [this, &book, i] {
                        auto load = std::make_shared<std::atomic<std::size_t>>(0);
                        auto worker = spawn_storage_reader(system, {inside, outside.storage, load});
                        book.put(i, address_book::reader_entry{worker, load});
                        return caf::actor_cast<caf::strong_actor_ptr>(worker);
                      }});
  result.push_back({"user_repository", [this, &book] {
                      return entered(book, spawn_user_repository(system, inside));
                    }});
  result.push_back({"room_repository", [this, &book] {
                      return entered(book, spawn_room_repository(system, inside));
                    }});
  result.push_back({"message_repository", [this, &book] {
                      return entered(book, spawn_message_repository(system, inside));
                    }});
  result.push_back({"authenticator", [this, &book] {
                      return entered(book, spawn_authenticator(system, inside));
                    }});
  result.push_back({"room_directory", [this, &book] {
                      return entered(book, spawn_room_directory(system, inside));
                    }});
  result.push_back(
    {"broadcaster", [this, &book] { return entered(book, spawn_broadcaster(system, inside)); }});
  result.push_back(
    {"inspector",
     [this] { return caf::actor_cast<caf::strong_actor_ptr>(spawn_inspector(system, inside)); }});
  result.push_back({"housekeeper", [this] {
                      auto made = spawn_housekeeper(system, inside, storage_ready);
                      std::lock_guard guard{mutex};
                      housekeeper = made;
                      return caf::actor_cast<caf::strong_actor_ptr>(made);
                    }});
  return result;
}

void node::start() {
  auto stopped = impl_->stopped;
  impl_->root = spawn_supervisor(
    impl_->system, {impl_->inside, impl_->plans(), [stopped] { stopped->set_value(); }});
  is_storage_ready(); // the first probe
}

void node::begin_stop() {
  if (impl_->was_stopped || !impl_->root)
    return;
  impl_->was_stopped = true;
  caf::anon_send(impl_->root, stop_tree{});
  impl_->root = nullptr;
  std::lock_guard guard{impl_->mutex};
  impl_->housekeeper = nullptr;
}

void node::stop() {
  const bool was_started = impl_->root != nullptr || impl_->was_stopped;
  begin_stop();
  if (
    was_started && impl_->end.wait_for(domain::limits::drain_time) == std::future_status::timeout) {
    const auto left = impl_->inside->live.list({}, actor_order::mailbox, 3);
    const auto first = left.rows.empty() ? std::string{} : left.rows.front().name;
    impl_->inside->log->error(
      "node-stop-timed-out",
      {{"actorsLeft", std::uint64_t{left.total}}, {"first", std::string_view{first}}});
  }
}

bool node::has_failed() const {
  return impl_->failed->has_happened;
}

void node::on_failure(std::function<void()> f) {
  std::lock_guard guard{impl_->failed->mutex};
  impl_->failed->tell = std::move(f);
}

authenticator_actor node::authenticator() const {
  return impl_->inside->book.authenticator();
}
user_repository_actor node::users() const {
  return impl_->inside->book.users();
}
room_repository_actor node::rooms() const {
  return impl_->inside->book.rooms();
}
message_repository_actor node::messages() const {
  return impl_->inside->book.messages();
}
room_directory_actor node::directory() const {
  return impl_->inside->book.directory();
}
broadcaster_actor node::broadcaster() const {
  return impl_->inside->book.broadcaster();
}
const broadcast_counters& node::broadcasts() const {
  return *impl_->inside->broadcasts;
}
session_index& node::sessions() {
  return impl_->inside->sessions;
}
actor_directory& node::actors() {
  return impl_->inside->live;
}

domain::result<session_actor> node::open_session(
  const domain::principal& who, const domain::session_id& id, const std::string& pid,
  const connection_ref& connection, caf::execution_unit* home) {
  auto& inside = *impl_->inside;
  const domain::error too_many{domain::errc::overloaded, "Too many sessions of this user", {}, {}};
  const auto place = inside.sessions.make_place(who.user);
  if (!place.is_free)
    return too_many;
  if (place.evicted) // should a connection be taking it over just now: that one may come again
    caf::anon_send(place.evicted, session_close{domain::close_code::replaced});
  auto made = spawn_session(impl_->system, {impl_->inside, id, who, connection, home});
  if (!inside.sessions.add(
        {id, pid, who.user, who.username, inside.clock->now(), made, connection.shard})) {
    caf::anon_send(made, session_close{domain::close_code::connection_limit});
    return too_many;
  }
  inside.sessions.wake_at(id, session_deadline(inside, who));
  return made;
}

void node::impl::probe_now_and_then() {
  std::lock_guard guard{mutex};
  const auto now = outside.clock->steady();
  if (!housekeeper || (last_probe != domain::steady_time{} && now - last_probe < probe_period))
    return;
  last_probe = now;
  caf::anon_send(housekeeper, probe_storage{});
}

bool node::is_storage_ready() const {
  impl_->probe_now_and_then();
  return *impl_->storage_ready;
}

const settings& node::config() const {
  return impl_->inside->config;
}
const world& node::outside() const {
  return impl_->outside;
}

} // namespace actors
