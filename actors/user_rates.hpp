#pragma once

#include "domain/ids.hpp"
#include "domain/rate_limit.hpp"

#include <array>
#include <chrono>
#include <functional>
#include <mutex>

namespace actors {

/// One rate, per user, shared by all sessions of that user. Any thread; locked in parts.
class user_rates {
public:
  /// 0: taken. Otherwise how long to wait; nothing is taken then.
  std::chrono::milliseconds
  take(const domain::user_id& user, const domain::rate& r, domain::steady_time now) {
    if (r.is_off())
      return std::chrono::milliseconds{0};
    auto& own = parts_[std::hash<domain::user_id>{}(user) % parts_.size()];
    std::lock_guard guard{own.mutex};
    return own.table.take(user.value, r, now);
  }

private:
  struct part {
    std::mutex mutex;
    domain::rate_table table{10'000};
  };
  std::array<part, 16> parts_;
};

} // namespace actors
