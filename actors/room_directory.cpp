#include "actors/room_directory.hpp"

#include "actors/error.hpp"
#include "actors/inspected.hpp"
#include "actors/surroundings.hpp"
#include "domain/limits.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace actors {

namespace {

/// Starts rooms, once each, however many ask at once. Its state is survivable: when it ends, its
/// rooms end too, and are activated again from storage by the next one.
class room_directory final : public inspected<room_directory_actor::base> {
public:
  room_directory(caf::actor_config& config, std::shared_ptr<surroundings> world)
      : inspected(config, &world->live), world_(std::move(world)) {
    set_down_handler([this](const caf::down_msg& down) { forget(down.source); });
    set_exit_handler([this](const caf::exit_msg& why) {
      for (auto& [id, active] : rooms_)
        caf::anon_send_exit(active.handle, caf::exit_reason::user_shutdown);
      quit(why.reason);
    });
  }

  const char* name() const override { return "room_directory"; }
  std::string snapshot() const override {
    return R"({"rooms":)" + std::to_string(rooms_.size()) + R"(,"opening":)"
           + std::to_string(opening_.size()) + '}';
  }
  void on_exit() override {
    rooms_.clear();
    for (auto& [id, askers] : opening_)
      for (auto& asker : askers)
        asker.deliver(
          to_caf({domain::errc::unavailable, "The room is not available right now", {}, {}}));
    opening_.clear();
  }

  room_directory_actor::behavior_type make_behavior() override {
    return {
      [this](const open_room& question) { return open(question.id); },
      [this](const retire_room& question) { retire(question.id); },
      [this](const list_active_rooms& question) { return list(question.limit); },
    };
  }

private:
  using promise = caf::typed_response_promise<opened_room>;
  struct active_entry {
    room_actor handle;
    std::shared_ptr<std::atomic<domain::seq>> shown;
  };

  caf::result<opened_room> open(const domain::room_id& id) {
    if (const auto found = rooms_.find(id); found != rooms_.end())
      return opened_room{found->second.handle};
    auto answer = make_response_promise<opened_room>();
    auto& askers = opening_[id];
    askers.push_back(answer);
    if (askers.size() == 1)
      activate(id);
    return answer;
  }

  void activate(const domain::room_id& id) {
    const write_change raise{persistence::activate_room{id}};
    request(world_->book.rooms(), domain::limits::append_timeout, raise)
      .then(
        [this, id](const persistence::written& raised) { load_room(id, raised); },
        [this, id](const caf::error& why) { fail(id, why); });
  }

  void load_room(const domain::room_id& id, const persistence::written& raised) {
    request(world_->book.rooms(), domain::limits::query_timeout, find_room{id})
      .then(
        [this, raised](found_room& found) { load_recent(std::move(found.room), raised); },
        [this, id](const caf::error& why) { fail(id, why); });
  }

  void load_recent(domain::room found, const persistence::written& raised) {
    found.last_seq = raised.seq;
    // A predecessor in this process may have ended between a commit and showing it.
    const auto ended = shown_.find(found.id);
    const auto unseen = ended == shown_.end() || ended->second->load() > raised.seq
                          ? 0
                          : raised.seq - ended->second->load();
    const auto limit = std::max<std::size_t>(domain::limits::recent_events, unseen);
    const load_events query{found.id, 0, limit, true};
    request(world_->book.messages(), domain::limits::query_timeout, query)
      .then(
        [this, found, raised](event_list& recent) {
          start(found, raised, std::move(recent.events));
        },
        [this, id = found.id](const caf::error& why) { fail(id, why); });
  }

  void start(
    const domain::room& found, const persistence::written& raised,
    std::vector<domain::logged_event> recent) {
    std::erase_if(recent, [&](const auto& e) { return e.seq > raised.seq; });
    auto shown = std::make_shared<std::atomic<domain::seq>>(raised.seq);
    if (auto ended = shown_.extract(found.id); ended && ended.mapped()->load() <= raised.seq) {
      shown = std::move(ended.mapped());
      world_->live.note_restart("room:" + found.id.value);
    }
    room_args args{
      world_, found, raised.epoch, std::move(recent), shown, caf::weak_actor_ptr{ctrl()}};
    auto handle = spawn_room(system(), std::move(args));
    monitor(handle);
    by_address_.emplace(handle.address(), found.id);
    rooms_.insert_or_assign(found.id, active_entry{handle, shown});
    world_->log->info(
      "room-activated", {{"room", std::string_view{found.id.value}},
                         {"epoch", raised.epoch},
                         {"lastSeq", raised.seq}});
    if (auto askers = opening_.extract(found.id))
      for (auto& asker : askers.mapped())
        asker.deliver(opened_room{handle});
  }

  void fail(const domain::room_id& id, const caf::error& why) {
    if (auto askers = opening_.extract(id))
      for (auto& asker : askers.mapped())
        asker.deliver(why);
  }

  void retire(const domain::room_id& id) {
    const auto found = rooms_.find(id);
    if (
      found == rooms_.end() || current_sender() == nullptr
      || found->second.handle.address() != current_sender()->address())
      return;
    world_->log->debug("room-retired", {{"room", std::string_view{id.value}}});
    auto handle = std::move(found->second.handle);
    by_address_.erase(handle.address());
    rooms_.erase(found);
    demonitor(handle.address());
    caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
  }

  // A room failed, or lost its ownership. The next who asks gets a new one, activated from storage.
  void forget(const caf::actor_addr& gone) {
    const auto known = by_address_.extract(gone);
    if (!known)
      return;
    if (auto room = rooms_.extract(known.mapped())) {
      if (shown_.size() >= domain::limits::recent_deaths * 4)
        shown_.clear(); // clients of those see a gap in seq, and sync
      shown_.insert_or_assign(known.mapped(), std::move(room.mapped().shown));
    }
  }

  active_rooms list(std::size_t limit) const {
    active_rooms result;
    result.total = rooms_.size();
    for (const auto& [id, room] : rooms_) {
      if (result.rooms.size() >= limit)
        break;
      result.rooms.push_back({id, room.handle.id()});
    }
    return result;
  }

  std::shared_ptr<surroundings> world_;
  std::unordered_map<domain::room_id, active_entry> rooms_;
  std::unordered_map<domain::room_id, std::vector<promise>> opening_;
  std::unordered_map<caf::actor_addr, domain::room_id> by_address_;
  std::unordered_map<domain::room_id, std::shared_ptr<std::atomic<domain::seq>>>
    shown_; // of rooms that failed
};

} // namespace

room_directory_actor
spawn_room_directory(caf::actor_system& system, std::shared_ptr<surroundings> world) {
  return system.spawn<room_directory>(std::move(world));
}

} // namespace actors
