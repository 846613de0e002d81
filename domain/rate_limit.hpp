#pragma once

#include "domain/time.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace domain {

/// `N/SECONDS`, or off.
struct rate {
  std::size_t count = 0; // 0: off
  std::chrono::seconds window{0};
  bool is_off() const { return count == 0; }
};
/// "60/60" or "off"; nothing if it is neither. 1 ≤ N ≤ 1e9, 1 ≤ SECONDS ≤ 86400.
std::optional<rate> parse_rate(std::string_view text);

/// The rates an operator can set (contract section 1 and 3).
struct rates {
  rate messages{60, std::chrono::seconds{60}};         // per user
  rate joins{30, std::chrono::seconds{60}};            // per user
  rate connects{0, std::chrono::seconds{0}};           // per address; off unless set
  rate logins{10, std::chrono::seconds{3600}};         // failed ones, per address and account
  rate registrations{0, std::chrono::seconds{0}};      // per address; off unless set
  rate rest{600, std::chrono::seconds{60}};            // per user
  rate rest_anonymous{100, std::chrono::seconds{900}}; // per address
};

/// A token bucket by GCRA: `count` in a burst, refilled evenly over `window`. One word of state.
class rate_bucket {
public:
  /// 0: taken. Otherwise how long until the next one may be taken; nothing is taken then.
  std::chrono::milliseconds take(const rate& r, steady_time now);
  bool is_full(const rate& r, steady_time now) const; // as if never used: may be forgotten
  /// Will be full earlier.
  bool is_older_than(const rate_bucket& other) const { return next_ < other.next_; }

private:
  steady_time next_{}; // GCRA's theoretical arrival time
};

/// Buckets by key, bounded: full ones are swept, and beyond the bound the oldest goes.
class rate_table {
public:
  explicit rate_table(std::size_t max_keys = 100'000) : max_keys_(max_keys) {}
  std::chrono::milliseconds take(const std::string& key, const rate& r, steady_time now);
  /// Looks without taking.
  std::chrono::milliseconds wait(const std::string& key, const rate& r, steady_time now) const;
  std::size_t size() const { return buckets_.size(); }

private:
  void sweep(const rate& r, steady_time now);
  std::size_t max_keys_;
  std::unordered_map<std::string, rate_bucket> buckets_;
};

} // namespace domain
