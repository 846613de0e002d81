#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <caf/fwd.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace net {

/// The run queue and the I/O loop of one worker thread. Calls no CAF code, so ThreadSanitizer can
/// judge it. Runs on its owner's thread, except where it says otherwise.
class shard_queue {
public:
  shard_queue() = default;
  ~shard_queue();
  shard_queue(const shard_queue&) = delete;

  /// The queue of the calling thread, or nullptr on a thread that is no shard. Any thread.
  static shard_queue* current();
  /// Makes the calling thread the owner.
  void adopt_thread();

  /// Appends a job. Any thread: from another one it is locked and wakes the owner if it may sleep.
  void push(caf::resumable* job);

  /// The next job. Runs I/O handlers while there is none, and now and then when there are many;
  /// calls `end_of_turn` when neither is left, and at least every `steps_per_turn` steps; sleeps
  /// when that found nothing either.
  caf::resumable* next();

  /// Actors are waiting to run here.
  bool has_jobs() const { return !local_.empty() || has_inbox_.load(std::memory_order_acquire); }

  /// What is left at shutdown, or nullptr. After the owner's thread has ended.
  caf::resumable* pop_any();

  /// Much waits for the end of this turn: it comes when the jobs that are ready now have run. Any
  /// thread.
  void end_turn_soon() { ends_soon_.store(true, std::memory_order_relaxed); }

  /// Does the turn's last work; true when it did something (then the loop goes round once more).
  void on_end_of_turn(std::function<bool()> f) { end_of_turn_ = std::move(f); }

  boost::asio::io_context& io() { return io_; } // any thread

  struct counters {
    std::atomic<std::uint64_t> jobs{0};     // actor turns
    std::atomic<std::uint64_t> handlers{0}; // I/O handlers run from poll
    std::atomic<std::uint64_t> turns{0};
    std::atomic<std::uint64_t> sleeps{0};
    std::atomic<std::uint64_t> remote{0}; // jobs from other threads
  };
  const counters& stats() const { return stats_; } // any thread

  /// Fairness: at most this many jobs before the sockets are looked at, and the other way round.
  static constexpr unsigned steps_between_polls = 64;
  static constexpr unsigned steps_per_turn = 1'024;
  static constexpr unsigned steps_per_short_turn = 64;

private:
  caf::resumable* pop_local();
  bool take_inbox();
  bool is_turn_over() const;
  bool end_turn();
  static void bump(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
    counter.store(
      counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed); // one writer
  }

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
    io_.get_executor()};
  std::deque<caf::resumable*> local_;
  std::mutex mutex_;
  std::vector<caf::resumable*> inbox_;
  std::vector<caf::resumable*> taken_; // keeps its capacity between turns
  std::atomic<bool> has_inbox_{false};
  std::function<bool()> end_of_turn_;
  unsigned steps_ = 0;
  unsigned turn_steps_ = 0;
  std::atomic<bool> ends_soon_{false};
  std::size_t short_turn_ = steps_per_short_turn; // at least what was ready when the turn began
  counters stats_;
};

} // namespace net
