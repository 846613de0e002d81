#pragma once

#include "actors/outbox.hpp"
#include "domain/audience.hpp"
#include "domain/event.hpp"
#include "net/timer_gauge.hpp"

#include <boost/asio/io_context.hpp>
#include <caf/fwd.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace net {

class client;
class topics;
class journal;
class parking;
struct stretch;
class trail;
class front;
class shard_queue;
struct services;

/// One worker thread: runs actors and sockets (see shard_scheduler.hpp), owns the connections that
/// it accepted, their topics, and the turn: when nothing is left to do, deliveries are handed out
/// and every connection with new frames is flushed once. Runs on: its own thread, unless said
/// otherwise.
class shard {
public:
  shard(
    std::uint32_t index, shard_queue& queue, caf::execution_unit* unit,
    std::size_t queue_bytes_max);
  ~shard();
  shard(const shard&) = delete;

  /// The shard that the calling thread is, or nullptr. Any thread.
  static shard* current();
  void start(); // housekeeping; on this shard
  /// From now on what a turn sends to many connections goes in few system calls (io_uring). False:
  /// the kernel refuses; one call for each connection, as before. On this shard.
  bool use_io_uring();
  bool sends_together() const {
    return sends_together_.load(std::memory_order_relaxed);
  }            // any thread
  void stop(); // on this shard: closes nothing, forgets its timers and connections
  std::uint32_t index() const { return index_; } // any thread
  boost::asio::io_context& io() { return io_; }  // any thread
  caf::execution_unit* unit() { return unit_; }  // any thread: where actors pinned here run
  std::size_t queue_bytes_max() const { return queue_bytes_max_; } // per connection
  /// Runs `what` on this shard, at the earliest after the current handler. Any thread. Wakes the
  /// shard once per batch.
  void post(std::function<void()> what);
  services& context() { return *context_; } // set by the server before the first connection
  void set_context(services* c) { context_ = c; }

  // -- connections --
  actors::connection_ref attach(std::shared_ptr<client> who);
  void detach(const actors::connection_ref& who);
  std::shared_ptr<client> find(const actors::connection_ref& who) const; // nullptr when stale
  std::size_t connections() const { return live_; }
  void become_dirty(client& who);
  void overflowed(client& who); // closed as a slow consumer when the walk over its topic is done

  // -- deliveries --
  /// Deliveries and subscriptions in the order in which the outbox was called, handled at the end
  /// of the turn.
  struct delivery {
    domain::event_ptr what; // nullptr: a newer event of the same key stands in its place
    std::vector<actors::receipt_ptr> receipts{};
  };
  struct subscription {
    actors::connection_ref who;
    domain::topic topic;
    bool add = true;
  };
  struct description {
    actors::connection_ref who;
    domain::session_facts facts;
  };
  using order = std::variant<delivery, subscription, description>;
  void push(order o); // any thread
  /// So much waits to be handed out that whoever would bring more is to hold back. Any thread.
  bool is_full() const;
  std::size_t waiting_bytes() const; // of what waits to be handed out; any thread
  /// How many subscriptions (present, on their way, or parked) may concern a topic. By hash: 0 is
  /// certain, more is not.
  std::atomic<std::uint32_t>& interest(const domain::topic& topic); // any thread
  /// At once, for recovery: the caller has counted the interest.
  void subscribe_now(client& who, const domain::topic& topic);
  /// All that was pushed so far, at once: for who must see it done.
  void handle_orders();
  topics& subscribers() { return *topics_; }
  journal& recent() { return *journal_; }
  trail& past() { return *trail_; }
  std::uint64_t next_walk() { return ++walks_; } // never 0: see client::visit

  // -- connections that may come back (recovery) --
  /// Keeps counting these topics, so that the journal has their events, until the resume window has
  /// passed.
  void park(std::string pid, std::vector<domain::topic> topics, const stretch& known);
  parking& parked();
  /// The live client of this session, or nullptr.
  std::shared_ptr<client> find_pid(const std::string& pid) const;
  void remember_pid(client& who);

  /// Called by the scheduler when nothing is runnable, and at least every so many steps. True when
  /// it did something.
  bool end_of_turn();

  struct counters {
    std::atomic<std::uint64_t> delivered{0}, dropped{0}, slow_closed{0}, writes{0},
      written_bytes{0}, turns{0};
    std::atomic<std::uint64_t> accepted{0}, clients{0};
    std::atomic<std::uint64_t> dropped_low{0}, dropped_background{0}; // of `dropped`
    std::atomic<std::uint64_t> conflated{0};
    /// The kernel took so many bytes of one connection. On the shard.
    void wrote(std::size_t bytes) {
      const auto add = [](std::atomic<std::uint64_t>& to, std::uint64_t n) {
        to.store(to.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
      };
      add(writes, 1);
      add(written_bytes, bytes);
    }
  };
  counters stats;
  timer_gauge deadlines;      // of connections; any thread may read
  timer_gauge actor_timeouts; // of what actors here asked and scheduled; any thread may read

private:
  struct impl;
  void take_orders();
  bool hand_out();
  void apply(const subscription& change);
  void tell_dropped();
  bool flush_dirty();
  void send_together(std::size_t first, std::size_t end);
  void close_overflowed();
  void keep_house();
  std::uint32_t index_;
  boost::asio::io_context& io_;
  caf::execution_unit* unit_;
  std::size_t queue_bytes_max_;
  services* context_ = nullptr;
  std::atomic<bool> sends_together_{false};
  std::size_t live_ = 0;
  std::uint64_t walks_ = 0;
  std::unique_ptr<topics> topics_;
  std::unique_ptr<journal> journal_;
  std::unique_ptr<trail> trail_;
  std::unique_ptr<impl> impl_;
};

} // namespace net
