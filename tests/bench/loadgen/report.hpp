#pragma once

#include "tests/bench/loadgen/histogram.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace loadgen {

/// One line of JSON on stdout, which tools/bench reads.
class json_line {
public:
  json_line& add(std::string_view name, double value);
  json_line& add(std::string_view name, std::string_view value);
  void print() const;

private:
  std::string text_ = "{";
};

/// One measured stretch: what was done in it, how long it took, what it cost both processes.
class stretch {
public:
  void begin(pid_t server);
  void end();

  void delivered(std::int64_t after) {
    ++deliveries_;
    latency_.add(static_cast<std::uint64_t>(after));
  }
  void completed() { ++operations_; }
  std::uint64_t deliveries() const { return deliveries_; }

  void print(std::string_view scenario, std::string_view variant) const;

private:
  pid_t server_ = 0;
  std::int64_t begin_ = 0;
  double seconds_ = 0;
  double server_cpu_ = 0;
  double server_user_cpu_ = 0;
  double own_cpu_ = 0;
  std::uint64_t deliveries_ = 0; // events that reached a client, or answers
  std::uint64_t operations_ = 0; // events that reached all their clients, or answers
  histogram latency_;
};

} // namespace loadgen
