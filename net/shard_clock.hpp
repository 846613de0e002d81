#pragma once

#include "net/shard_queue.hpp"
#include "net/timer_gauge.hpp"

#include <boost/asio/steady_timer.hpp>
#include <caf/actor_clock.hpp>
#include <caf/fwd.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message_id.hpp>

#include <mutex>
#include <vector>

namespace net {

/// Timeouts and delayed messages of one shard: a heap, fired by one Asio timer. Runs on its shard's
/// thread. CAF never takes a request's timeout back when the answer has come: an entry simply fires
/// into nothing.
class shard_timers {
public:
  explicit shard_timers(shard_queue& queue, caf::execution_unit* unit);

  struct entry {
    caf::actor_clock::time_point due;
    caf::strong_actor_ptr whom;
    caf::message_id id;               // of the request; or
    caf::mailbox_element_ptr content; // the message
  };
  void add(entry e);
  std::size_t size() const { return heap_.size(); }
  const timer_gauge& gauge() const { return gauge_; }
  void clear();

private:
  void arm();
  void fire();

  caf::execution_unit* unit_;
  boost::asio::steady_timer timer_;
  caf::actor_clock::time_point armed_for_ = caf::actor_clock::time_point::max();
  std::vector<entry> heap_; // earliest first
  timer_gauge gauge_;
};

/// CAF's clock over the shards' timers. CAF's own one wakes a thread of its own for every request;
/// here a timeout costs a push on the shard that asks. Any thread.
class shard_clock final : public caf::actor_clock {
public:
  void add_shard(shard_queue* queue, shard_timers* timers);

  void set_ordinary_timeout(
    time_point t, caf::abstract_actor* self, caf::atom_value type, std::uint64_t id) override;
  void set_multi_timeout(
    time_point t, caf::abstract_actor* self, caf::atom_value type, std::uint64_t id) override;
  void set_request_timeout(time_point t, caf::abstract_actor* self, caf::message_id id) override;
  // Taking back is not needed: actors ignore timeouts whose id is no longer theirs.
  void cancel_ordinary_timeout(caf::abstract_actor*, caf::atom_value) override {}
  void cancel_request_timeout(caf::abstract_actor*, caf::message_id) override {}
  void cancel_timeouts(caf::abstract_actor*) override {}
  void schedule_message(
    time_point t, caf::strong_actor_ptr receiver, caf::mailbox_element_ptr content) override;
  void schedule_message(
    time_point t, caf::group target, caf::strong_actor_ptr sender, caf::message content) override;
  void cancel_all() override {}

private:
  void add(shard_timers::entry e);
  struct place {
    shard_queue* queue;
    shard_timers* timers;
  };
  std::vector<place> shards_;
};

} // namespace net
