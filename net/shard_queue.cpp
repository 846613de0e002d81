#include "net/shard_queue.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace net {

namespace {

thread_local shard_queue* current_queue = nullptr;

} // namespace

shard_queue* shard_queue::current() {
  return current_queue;
}

shard_queue::~shard_queue() {
  if (current_queue == this)
    current_queue = nullptr;
}

void shard_queue::adopt_thread() {
  current_queue = this;
}

void shard_queue::push(caf::resumable* job) {
  if (current_queue == this) {
    local_.push_back(job);
    return;
  }
  bool wake;
  {
    std::lock_guard guard{mutex_};
    wake = inbox_.empty();
    inbox_.push_back(job);
    has_inbox_.store(true, std::memory_order_release);
  }
  if (wake) // once per batch: the owner empties the inbox as a whole
    boost::asio::post(io_, [] {});
}

caf::resumable* shard_queue::next() {
  for (;;) {
    if (++steps_ >= steps_between_polls) { // actors are busy: do not starve the sockets
      steps_ = 0;
      bump(stats_.handlers, io_.poll_one());
      take_inbox();
    }
    ++turn_steps_;
    if (is_turn_over()) // never idle: connections must still be flushed
      end_turn();
    if (auto* job = pop_local()) {
      bump(stats_.jobs);
      return job;
    }
    if (take_inbox())
      continue;
    if (io_.poll_one() != 0) {
      bump(stats_.handlers);
      continue;
    }
    if (!local_.empty() || has_inbox_.load(std::memory_order_acquire))
      continue;
    if (end_turn())
      continue;
    // It may have brought jobs and nothing else to do: the last receipt that is let go is told of.
    if (has_jobs())
      continue;
    bump(stats_.sleeps);
    io_.run_one(); // until a socket, a timer or push() from another thread wakes it
  }
}

bool shard_queue::is_turn_over() const {
  return turn_steps_ >= steps_per_turn
         || (turn_steps_ >= short_turn_ && ends_soon_.load(std::memory_order_relaxed));
}

bool shard_queue::end_turn() {
  turn_steps_ = 0;
  ends_soon_.store(false, std::memory_order_relaxed);
  bump(stats_.turns);
  const bool did_something = end_of_turn_ && end_of_turn_();
  take_inbox();
  short_turn_ = std::max<std::size_t>(steps_per_short_turn, local_.size());
  return did_something;
}

caf::resumable* shard_queue::pop_any() {
  adopt_thread();
  take_inbox();
  return pop_local();
}

caf::resumable* shard_queue::pop_local() {
  if (local_.empty())
    return nullptr;
  auto* job = local_.front();
  local_.pop_front();
  return job;
}

bool shard_queue::take_inbox() {
  if (!has_inbox_.load(std::memory_order_acquire))
    return false;
  {
    std::lock_guard guard{mutex_};
    taken_.swap(inbox_);
    has_inbox_.store(false, std::memory_order_release);
  }
  bump(stats_.remote, taken_.size());
  local_.insert(local_.end(), taken_.begin(), taken_.end());
  auto any = !taken_.empty();
  taken_.clear();
  return any;
}

} // namespace net
