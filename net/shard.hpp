#pragma once

#include "actors/outbox.hpp"
#include "domain/event.hpp"

#include <boost/asio/io_context.hpp>

#include <caf/fwd.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace net {

class client;
class topics;
class journal;
class front;

/// One worker thread: runs actors and sockets (see shard_scheduler.hpp), owns the connections that it accepted,
/// their topics, and the turn: when nothing is left to do, deliveries are handed out and every connection with new
/// frames is flushed once. Runs on: its own thread, unless said otherwise.
class shard {
public:
  shard(std::uint32_t index, boost::asio::io_context& io, caf::execution_unit* unit, std::size_t queue_bytes_max);
  ~shard();
  shard(const shard&) = delete;

  /// The shard that the calling thread is, or nullptr. Any thread.
  static shard* current();
  std::uint32_t index() const { return index_; }                   // any thread
  boost::asio::io_context& io() { return io_; }                    // any thread
  caf::execution_unit* unit() { return unit_; }                    // any thread: where actors pinned here run
  std::size_t queue_bytes_max() const { return queue_bytes_max_; } // per connection
  /// Runs `what` on this shard, at the earliest after the current handler. Any thread. Wakes the shard once per batch.
  void post(std::function<void()> what);
  front& actors() { return *front_; } // questions to actors; set by the server
  void set_front(front* f) { front_ = f; }

  // -- connections --
  actors::connection_ref attach(std::shared_ptr<client> who);
  void detach(const actors::connection_ref& who);
  std::shared_ptr<client> find(const actors::connection_ref& who) const; // nullptr when stale
  std::size_t connections() const { return live_; }
  void become_dirty(client& who);

  // -- topics (called by the outbox in the order of its callers) --
  void deliver(domain::event_ptr what);   // any thread
  void subscribe(const actors::connection_ref& who, const domain::topic& topic, bool add); // any thread
  topics& subscribers() { return *topics_; }
  journal& recent() { return *journal_; }

  /// Called by the scheduler when nothing is runnable, and at least every so many steps. True when it did something.
  bool end_of_turn();

  struct counters {
    std::atomic<std::uint64_t> delivered{0}, dropped{0}, slow_closed{0}, writes{0}, written_bytes{0}, turns{0};
    std::atomic<std::uint64_t> accepted{0}, clients{0};
  };
  counters stats;

private:
  struct impl;
  std::uint32_t index_;
  boost::asio::io_context& io_;
  caf::execution_unit* unit_;
  std::size_t queue_bytes_max_;
  front* front_ = nullptr;
  std::size_t live_ = 0;
  std::unique_ptr<topics> topics_;
  std::unique_ptr<journal> journal_;
  std::unique_ptr<impl> impl_;
};

} // namespace net
