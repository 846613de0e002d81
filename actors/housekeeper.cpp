#include "actors/housekeeper.hpp"

#include "actors/inspected.hpp"
#include "actors/surroundings.hpp"
#include "domain/limits.hpp"

#include <caf/all.hpp>

#include <utility>

namespace actors {

namespace {

constexpr std::chrono::milliseconds sweep_period{500};

/// Keeps nothing: a new one goes on.
class housekeeper final : public inspected<housekeeper_actor::base> {
public:
  housekeeper(
    caf::actor_config& config, std::shared_ptr<surroundings> world,
    std::shared_ptr<std::atomic<bool>> ready)
      : inspected(config, &world->live), world_(std::move(world)), ready_(std::move(ready)) {}

  const char* name() const override { return "housekeeper"; }

  housekeeper_actor::behavior_type make_behavior() override {
    delayed_send(this, sweep_period, sweep{});
    return {
      [this](const sweep&) {
        for (const auto& session : world_->sessions.due(world_->clock->steady()))
          caf::anon_send(session, session_tick{});
        delayed_send(this, sweep_period, sweep{});
      },
      [this](const probe_storage&) { probe(); },
    };
  }

private:
  void probe() {
    // An unknown token: a transaction that goes to the disk and changes nothing.
    const write_change nothing{persistence::revoke_refresh_token{"probe"}};
    request(world_->book.users(), domain::limits::append_timeout, nothing)
      .then(
        [this](const persistence::written&) { ready_->store(true); },
        [this](const caf::error& why) {
          ready_->store(false);
          const auto text = render_reason(system(), why);
          world_->log->warn("storage-not-ready", {{"why", std::string_view{text}}});
        });
  }

  std::shared_ptr<surroundings> world_;
  std::shared_ptr<std::atomic<bool>> ready_;
};

} // namespace

housekeeper_actor spawn_housekeeper(
  caf::actor_system& system, std::shared_ptr<surroundings> world,
  std::shared_ptr<std::atomic<bool>> storage_ready) {
  return system.spawn<housekeeper>(std::move(world), std::move(storage_ready));
}

} // namespace actors
