#include "actors/broadcaster.hpp"

#include "actors/error.hpp"
#include "actors/inspected.hpp"
#include "actors/surroundings.hpp"
#include "domain/broadcast_statistics.hpp"
#include "domain/json.hpp"
#include "domain/limits.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace actors {

namespace {

constexpr std::chrono::seconds report_period{30};

/// Its state is survivable: open batches are in the outbox, a new one goes on with them; the
/// statistics begin anew, and who waits for a count asks again.
class broadcaster final : public inspected<broadcaster_actor::base> {
public:
  broadcaster(caf::actor_config& config, std::shared_ptr<surroundings> world)
      : inspected(config, &world->live), world_(std::move(world)),
        statistics_(world_->clock->now()) {
    note_batches();
    statistics_.reset(world_->clock->now());
  }

  const char* name() const override { return "broadcaster"; }

  std::string snapshot() const override {
    return domain::json_object{}
      .number("total", statistics_.total())
      .number("openBatches", std::uint64_t{world_->batches->open()})
      .number("waitingForCount", std::uint64_t{waiting_.size()})
      .take();
  }

  broadcaster_actor::behavior_type make_behavior() override {
    arm();
    delayed_send(this, report_period, broadcast_report_tick{});
    return {
      [this](broadcast_request& asked) { return send_out(asked); },
      [this](const broadcast_refused& what) { note_failure(what.event, what.why); },
      [this](const broadcast_stats_query& asked) { return tell(asked); },
      [this](const broadcast_stats_reset&) { reset(); },
      [this](const broadcast_counted& what) { counted(what); },
      [this](const broadcast_batch_tick&) {
        is_armed_ = false;
        world_->batches->flush_due();
        arm();
      },
      [this](const broadcast_report_tick&) {
        report();
        delayed_send(this, report_period, broadcast_report_tick{});
      },
    };
  }

private:
  using promise = caf::typed_response_promise<broadcast_sent>;

  caf::result<broadcast_sent> send_out(broadcast_request& asked) {
    const auto now = world_->clock->now();
    auto& what = asked.what;
    const bool is_full = world_->out->is_full(domain::everybody); // any shard with connections
    if (is_full || (!what.is_batched && waiting_.size() >= domain::limits::counted_broadcasts)) {
      const domain::error why{
        domain::errc::overloaded, "Too many broadcasts at once", {}, std::chrono::seconds{1}};
      note_failure(what.event, why);
      return to_caf(why);
    }
    statistics_.sent(what, now);
    world_->broadcasts->sent[static_cast<std::size_t>(what.priority)].fetch_add(1);
    if (what.is_batched) {
      world_->batches->add(domain::event_of(std::move(what), now));
      arm();
      return broadcast_sent{0, true};
    }
    const auto number = ++last_;
    const auto answer = make_response_promise<broadcast_sent>();
    waiting_.emplace(number, answer);
    auto count = std::make_shared<receipt>(
      [me = caf::actor_cast<broadcaster_actor>(this), number](std::size_t sessions) {
        caf::anon_send(me, broadcast_counted{number, sessions});
      });
    world_->out->deliver(domain::event_of(std::move(what), now), std::move(count));
    return answer;
  }

  void counted(const broadcast_counted& what) {
    const auto found = waiting_.find(what.number);
    if (found == waiting_.end())
      return;
    statistics_.counted(what.recipients);
    world_->broadcasts->recipients.fetch_add(what.recipients);
    unbatched_recipients_ += what.recipients;
    found->second.deliver(broadcast_sent{what.recipients, false});
    waiting_.erase(found);
  }

  void note_failure(const std::string& event, const domain::error& why) {
    statistics_.failed(event, why, world_->clock->now());
    world_->broadcasts->failed.fetch_add(1);
  }

  broadcast_stats tell(const broadcast_stats_query& asked) {
    note_batches();
    const auto now = world_->clock->now();
    statistics_.forget_old(now);
    return {statistics_.to_json(now, asked.room, asked.user)};
  }

  void reset() {
    note_batches();
    statistics_.reset(world_->clock->now());
  }

  /// Batches are sent and counted by whoever comes after them; this is how many more.
  void note_batches() {
    const auto batches = world_->broadcasts->batches.load();
    statistics_.batches_sent(batches - std::exchange(batches_seen_, batches));
    const auto recipients = world_->broadcasts->recipients.load() - unbatched_recipients_;
    statistics_.counted(recipients - std::exchange(recipients_seen_, recipients));
  }

  void report() {
    statistics_.forget_old(world_->clock->now());
    if (std::exchange(reported_, statistics_.total()) == statistics_.total())
      return;
    world_->log->info(
      "broadcast-report", {{"total", statistics_.total()},
                           {"recipients", world_->broadcasts->recipients.load()},
                           {"failed", world_->broadcasts->failed.load()}});
  }

  void arm() {
    const auto next = world_->batches->next_due();
    if (is_armed_ || !next)
      return;
    is_armed_ = true;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - world_->clock->steady());
    delayed_send(this, std::max(wait, std::chrono::milliseconds{1}), broadcast_batch_tick{});
  }

  std::shared_ptr<surroundings> world_;
  domain::broadcast_statistics statistics_;
  std::unordered_map<std::uint64_t, promise> waiting_; // bounded: counted_broadcasts
  std::uint64_t last_ = 0, reported_ = 0;
  std::uint64_t batches_seen_ = 0, recipients_seen_ = 0, unbatched_recipients_ = 0;
  bool is_armed_ = false;
};

} // namespace

broadcaster_actor
spawn_broadcaster(caf::actor_system& system, std::shared_ptr<surroundings> world) {
  return system.spawn<broadcaster>(std::move(world));
}

} // namespace actors
