#include "net/order_queue.hpp"

#include "domain/limits.hpp"
#include "net/conflation.hpp"

#include <algorithm>
#include <utility>

namespace net {

namespace {

constexpr std::size_t event_overhead = 256; // of an event and its place here, roughly
constexpr std::size_t dropped_topics_max = 1'024;
constexpr std::size_t capacity_max = 4'096; // kept from batch to batch

std::size_t cost_of(const shard::order& o) {
  const auto* d = std::get_if<shard::delivery>(&o);
  if (d == nullptr || d->what == nullptr)
    return 0;
  return d->what->data.size() + event_overhead;
}

std::size_t cost_of(std::span<const shard::order> orders) {
  std::size_t bytes = 0;
  for (const auto& each : orders)
    bytes += cost_of(each);
  return bytes;
}

} // namespace

bool order_queue::push(shard::order o) {
  const auto cost = cost_of(o);
  std::lock_guard guard{mutex_};
  if (const auto* d = std::get_if<shard::delivery>(&o); d != nullptr && gives_way(*d)) {
    drop(d->what->topic);
    return false; // what it gave way to has woken the owner
  }
  const auto wake = orders_.empty();
  orders_.push_back(std::move(o));
  bytes_.fetch_add(cost, std::memory_order_relaxed);
  return wake;
}

bool order_queue::is_full() const {
  return bytes() >= domain::limits::shard_queue_bytes_max;
}

bool order_queue::has_more() const {
  std::lock_guard guard{mutex_};
  return !orders_.empty() || !dropped_.empty();
}

/// Not when somebody waits for the count, and only where the topic alone says who misses it.
bool order_queue::gives_way(const shard::delivery& d) const {
  const auto& what = *d.what;
  return what.cls == domain::delivery_class::droppable
         && bytes() >= domain::limits::shard_queue_bytes_max / 2 && d.receipts.empty()
         && what.audience == nullptr && what.except_user.empty();
}

void order_queue::drop(const domain::topic& from) {
  if (const auto known = dropped_.find(from); known != dropped_.end())
    ++known->second;
  else if (dropped_.size() < dropped_topics_max)
    dropped_.emplace(from, 1);
}

std::size_t order_queue::take(tracer* trace) {
  if (!is_done())
    return 0;
  taken_.clear();
  if (taken_.capacity() > capacity_max)
    std::vector<shard::order>{}.swap(taken_);
  done_ = 0;
  {
    std::lock_guard guard{mutex_};
    taken_.swap(orders_);
    for (const auto& [topic, count] : std::exchange(dropped_, {}))
      taken_dropped_[topic] += count;
  }
  taken_bytes_ = cost_of(taken_);
  return conflate(taken_, trace);
}

void order_queue::done(std::size_t orders) {
  auto bytes = cost_of(rest().first(orders));
  // What is worked off is let go now: the rest may take a while.
  for (auto& each : rest().first(orders))
    if (auto* d = std::get_if<shard::delivery>(&each))
      d->what.reset();
  done_ += orders;
  if (is_done())
    bytes = taken_bytes_; // with what was replaced meanwhile
  taken_bytes_ -= bytes;
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

} // namespace net
