#pragma once

#include "net/shard_clock.hpp"
#include "net/shard_queue.hpp"

#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace net {

/// One shard as CAF sees it: runs the actors of its queue on its own thread. `exec_later` may be
/// called from any thread, so an actor can be pinned here by always passing this unit to `enqueue`.
class shard_worker final : public caf::execution_unit {
public:
  shard_worker(caf::actor_system& system, std::size_t index, std::size_t max_throughput);
  void exec_later(caf::resumable* job) override { queue_.push(job); }
  shard_queue& queue() { return queue_; }
  shard_timers& timers() { return timers_; }
  void start();
  void join() { thread_.join(); }

private:
  void run();
  std::size_t index_;
  std::size_t max_throughput_;
  shard_queue queue_;
  shard_timers timers_;
  std::thread thread_;
};

/// A CAF scheduler whose workers are I/O shards: an actor hop between a socket handler and an actor
/// costs no thread switch. Load with `config.load<shard_scheduler>()`; `scheduler.max-threads` is
/// the number of shards. An actor that is sent to from a shard runs next on that shard; from
/// elsewhere, on the next one in turn.
class shard_scheduler final : public caf::scheduler::abstract_coordinator {
public:
  explicit shard_scheduler(caf::actor_system& system);
  ~shard_scheduler() override;
  static caf::actor_system::module* make(caf::actor_system& system, caf::detail::type_list<>);
  static shard_scheduler& of(caf::actor_system& system);

  std::size_t size() const { return workers_.size(); }
  shard_worker& worker(std::size_t index) { return *workers_[index]; }

  void enqueue(caf::resumable* job) override;
  caf::actor_clock& clock() noexcept override { return clock_; }

protected:
  void start() override;
  void stop() override;

private:
  shard_clock clock_;
  std::atomic<std::size_t> next_{0};
  std::vector<std::unique_ptr<shard_worker>> workers_;
};

} // namespace net
