#pragma once

#include "actors/outbox.hpp"
#include "domain/batch.hpp"
#include "domain/ports/clock.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace actors {

/// What a node broadcast since it started. Any thread.
struct broadcast_counters {
  std::array<std::atomic<std::uint64_t>, domain::priority_count> sent{}; // by class
  std::atomic<std::uint64_t> recipients{0};                              // sessions, of all of them
  std::atomic<std::uint64_t> batches{0}, failed{0};
};

/// The outbox that all actors use: events that wait in a batch go out before anything that comes
/// after them on one of their topics. While no batch is open it costs one look at a counter.
class batching_outbox final : public outbox {
public:
  batching_outbox(
    outbox& inner, const domain::clock& clock, std::shared_ptr<broadcast_counters> counters)
      : inner_(inner), clock_(clock), counters_(std::move(counters)) {}

  void add(const domain::event_ptr& what); // to a batch
  void flush_due();
  void flush_all();
  std::optional<domain::steady_time> next_due() const;
  std::size_t open() const { return open_.load(std::memory_order_acquire); }

  using outbox::deliver;
  void deliver(domain::event_ptr what, receipt_ptr counted) override;
  void answer(const reply_to& where, reply what) override { inner_.answer(where, std::move(what)); }
  void emit(const connection_ref& where, std::string_view name, std::string data_json) override {
    inner_.emit(where, name, std::move(data_json));
  }
  void subscribe(const connection_ref& who, const domain::topic& topic) override;
  void unsubscribe(const connection_ref& who, const domain::topic& topic) override;
  void describe(const connection_ref& who, domain::session_facts facts) override {
    inner_.describe(who, std::move(facts));
  }
  void close(const connection_ref& who, domain::close_code why) override { inner_.close(who, why); }
  bool is_full(const domain::topic& of) const override { return inner_.is_full(of); }

private:
  domain::batch_book::moment now() const { return {clock_.steady(), clock_.now()}; }
  void flush(const domain::topic& topic);
  void send(const std::vector<domain::event_ptr>& events);

  outbox& inner_;
  const domain::clock& clock_;
  std::shared_ptr<broadcast_counters> counters_; // receipts may outlive us
  mutable std::mutex mutex_;                     // held while a batch goes out: nothing may pass it
  domain::batch_book book_;
  std::atomic<std::size_t> open_{0};
};

} // namespace actors
