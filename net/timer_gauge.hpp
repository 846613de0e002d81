#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace net {

/// How many timers wait. Written by one thread, read by any.
class timer_gauge {
public:
  void add(std::int64_t n) {
    value_->store(value_->load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::int64_t value() const { return value_->load(std::memory_order_relaxed); }

private: // shared: wheels may outlive the shard that shows it
  std::shared_ptr<std::atomic<std::int64_t>> value_ =
    std::make_shared<std::atomic<std::int64_t>>(0);
};

} // namespace net
