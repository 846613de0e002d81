#include "tests/bench/loadgen/report.hpp"

#include "tests/bench/loadgen/process.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <unistd.h>

namespace loadgen {

namespace {

std::int64_t steady_now() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

} // namespace

json_line& json_line::add(std::string_view name, double value) {
  std::array<char, 64> number{};
  std::snprintf(number.data(), number.size(), "%.6g", value);
  text_ += (text_.size() > 1 ? ",\"" : "\"") + std::string{name} + "\":" + number.data();
  return *this;
}

json_line& json_line::add(std::string_view name, std::string_view value) {
  text_ +=
    (text_.size() > 1 ? ",\"" : "\"") + std::string{name} + "\":\"" + std::string{value} + "\"";
  return *this;
}

void json_line::print() const {
  std::printf("%s}\n", text_.c_str());
  std::fflush(stdout); // tools/bench follows along
}

void stretch::begin(pid_t server) {
  *this = stretch{};
  server_ = server;
  server_cpu_ = cpu_microseconds(server);
  server_user_cpu_ = user_cpu_microseconds(server);
  own_cpu_ = cpu_microseconds(::getpid());
  begin_ = steady_now();
}

void stretch::end() {
  seconds_ = static_cast<double>(steady_now() - begin_) / 1e9;
  server_cpu_ = cpu_microseconds(server_) - server_cpu_;
  server_user_cpu_ = user_cpu_microseconds(server_) - server_user_cpu_;
  own_cpu_ = cpu_microseconds(::getpid()) - own_cpu_;
}

void stretch::print(std::string_view scenario, std::string_view variant) const {
  auto each = deliveries_ == 0 ? 0.0 : 1.0 / static_cast<double>(deliveries_);
  json_line{}
    .add("scenario", scenario)
    .add("variant", variant)
    .add("seconds", seconds_)
    .add("deliveries_per_second", static_cast<double>(deliveries_) / seconds_)
    .add("operations_per_second", static_cast<double>(operations_) / seconds_)
    .add("server_cpu_us_per_delivery", server_cpu_ * each)
    .add("server_user_us_per_delivery", server_user_cpu_ * each)
    .add("generator_cpu_us_per_delivery", own_cpu_ * each)
    .add("server_cores", server_cpu_ / seconds_ / 1e6)
    .add("generator_cores", own_cpu_ / seconds_ / 1e6)
    .add("p50_us", latency_.microseconds_at(0.50))
    .add("p99_us", latency_.microseconds_at(0.99))
    .print();
}

} // namespace loadgen
