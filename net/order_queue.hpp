#pragma once

#include "net/shard.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace net {

class tracer;

/// What waits to be handed out on one shard, in the order in which it came; worked off in batches,
/// and each batch in as many turns as it takes. Bounded in bytes: from half of
/// `limits::shard_queue_bytes_max` on, volatile events are dropped and counted; above it whoever
/// would bring more is asked to hold back (is_full). What was accepted is never dropped. Runs on
/// its shard's thread, except where it says otherwise.
class order_queue {
public:
  /// True: it was empty, so its owner may sleep. Any thread.
  bool push(shard::order o);
  /// Of events that wait, with what each costs beside its data. Any thread.
  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  bool is_full() const;  // any thread
  bool has_more() const; // something came behind the batch; any thread

  /// Begins the next batch if the last one is worked off. Returns how many of its events were
  /// replaced by a newer one, and tells `trace` which.
  std::size_t take(tracer* trace = nullptr);
  /// What is left of the batch.
  std::span<shard::order> rest() { return std::span{taken_}.subspan(done_); }
  bool is_done() const { return done_ == taken_.size(); }
  /// The first ones of the rest are worked off.
  void done(std::size_t orders);
  /// How many volatile events were dropped by topic when the batch came together; to be told of
  /// when it is worked off. Given once.
  std::map<domain::topic, std::uint32_t> take_dropped() {
    return std::exchange(taken_dropped_, {});
  }

private:
  bool gives_way(const shard::delivery& d) const;
  void drop(const domain::topic& from);

  mutable std::mutex mutex_;
  std::vector<shard::order> orders_;               // guarded by mutex_
  std::map<domain::topic, std::uint32_t> dropped_; // guarded by mutex_; bounded
  std::atomic<std::size_t> bytes_{0};
  std::vector<shard::order> taken_;
  std::map<domain::topic, std::uint32_t> taken_dropped_;
  std::size_t done_ = 0;
  std::size_t taken_bytes_ = 0; // of the rest, and of those that were replaced
};

} // namespace net
