#pragma once

#include "actors/outbox.hpp"

#include <mutex>
#include <vector>

namespace net {

class shard;
class tracer;

/// Implements the outbox over the shards of this node. Any thread.
class delivery final : public actors::outbox {
public:
  void set_shards(std::vector<shard*> shards) { shards_ = std::move(shards); }
  void set_tracer(tracer& t) { trace_ = &t; }

  using outbox::deliver;
  void deliver(domain::event_ptr what, actors::receipt_ptr counted) override;
  void answer(const actors::reply_to& where, actors::reply what) override;
  void
  emit(const actors::connection_ref& where, std::string_view name, std::string data_json) override;
  void subscribe(const actors::connection_ref& who, const domain::topic& topic) override;
  void unsubscribe(const actors::connection_ref& who, const domain::topic& topic) override;
  void describe(const actors::connection_ref& who, domain::session_facts facts) override;
  void close(const actors::connection_ref& who, domain::close_code why) override;
  bool is_full(const domain::topic& of) const override;

  /// Counts interest in topics before subscribing at once (recovery), in step with deliveries: what
  /// is delivered after it reaches the shard, what was delivered before it is in the other shard's
  /// journal.
  void count_interest(shard& home, const std::vector<domain::topic>& topics);

private:
  shard* at(const actors::connection_ref& who);
  std::vector<shard*> shards_;
  tracer* trace_ = nullptr;
  std::mutex order_; // one delivery reaches all its shards before the next: see count_interest
};

} // namespace net
