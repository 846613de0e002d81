#include "net/shard_scheduler.hpp"

#include <caf/all.hpp>

#include <condition_variable>
#include <mutex>
#include <pthread.h>
#include <string>

namespace net {

namespace {

/// Ends one worker's loop when it is its turn.
class end_of_shard final : public caf::resumable {
public:
  resume_result resume(caf::execution_unit*, std::size_t) override {
    return shutdown_execution_unit;
  }
  void intrusive_ptr_add_ref_impl() override {}
  void intrusive_ptr_release_impl() override {} // lives on stop()'s stack
};

} // namespace

shard_worker::shard_worker(caf::actor_system& system, std::size_t index, std::size_t max_throughput)
    : execution_unit(&system), index_(index), max_throughput_(max_throughput),
      timers_(queue_, this) {}

void shard_worker::start() {
  thread_ = std::thread{[this] {
    pthread_setname_np(pthread_self(), ("shard-" + std::to_string(index_)).c_str());
    system().thread_started();
    queue_.adopt_thread();
    run();
    timers_.clear();
    system().thread_terminates();
  }};
}

void shard_worker::run() {
  for (;;) {
    auto* job = queue_.next();
    switch (job->resume(this, max_throughput_)) {
    case caf::resumable::resume_later:
      queue_.push(job); // keeps its reference
      break;
    case caf::resumable::shutdown_execution_unit:
      return;
    default:
      caf::intrusive_ptr_release(job);
    }
  }
}

shard_scheduler::shard_scheduler(caf::actor_system& system) : abstract_coordinator(system) {}
shard_scheduler::~shard_scheduler() = default;

caf::actor_system::module*
shard_scheduler::make(caf::actor_system& system, caf::detail::type_list<>) {
  return new shard_scheduler(system);
}

shard_scheduler& shard_scheduler::of(caf::actor_system& system) {
  return static_cast<shard_scheduler&>(system.scheduler());
}

void shard_scheduler::enqueue(caf::resumable* job) {
  if (auto* here = shard_queue::current()) {
    here->push(job); // stay on this core: no lock, no wake-up
    return;
  }
  auto shard = next_.fetch_add(1, std::memory_order_relaxed) % workers_.size();
  workers_[shard]->queue().push(job);
}

void shard_scheduler::start() {
  for (std::size_t i = 0; i < num_workers(); ++i) {
    workers_.push_back(std::make_unique<shard_worker>(system(), i, max_throughput()));
    clock_.add_shard(&workers_.back()->queue(), &workers_.back()->timers());
  }
  for (auto& worker : workers_)
    worker->start();
  abstract_coordinator::start();
}

void shard_scheduler::stop() {
  stop_actors(); // CAF's utility actors, while there is still somebody to run them
  std::vector<end_of_shard> ends(workers_.size());
  for (std::size_t i = 0; i < workers_.size(); ++i)
    workers_[i]->queue().push(&ends[i]);
  for (auto& worker : workers_)
    worker->join();
  for (auto& worker : workers_)
    while (auto* job = worker->queue().pop_any())
      cleanup_and_release(job);
}

} // namespace net
