#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace conformance {

using std::chrono::milliseconds;

enum class mode : std::uint8_t { engine, protocol, app, echo };

struct options {
  conformance::mode mode = mode::protocol;
  std::string address = "127.0.0.1";
  std::uint16_t port = 0; // 0: any
  milliseconds ping_interval{300};
  milliseconds ping_timeout{200};
  milliseconds connect_timeout{1'000};
  milliseconds recovery_window{120'000}; // of mode app
  std::size_t max_payload = 1'000'000;
  std::string token = "secret"; // of mode app
  bool deflate = true;          // of modes app and echo
};

/// What each mode is by default, and what the command line changes. Nothing: the process is to end
/// with `exit_code`, all is said.
std::optional<options> read_options(int argc, const char* const* argv, int& exit_code);

} // namespace conformance
