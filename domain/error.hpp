#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace domain {

/// Every way a request can fail, whatever the protocol. The table in error.cpp maps each to its
/// wire name, HTTP status and whether the client may retry.
enum class errc : std::uint8_t {
  none,
  bad_request,
  validation_failed,
  unauthorized,
  forbidden,
  not_found,
  method_not_allowed,
  conflict,
  too_large,
  unsupported_media_type,
  idempotency_mismatch,
  rate_limited,
  internal,
  overloaded,
  unavailable,
  retry, // the outcome is not known: send again with the same clientId
  moved, // the room has another owner; the session retries by itself
  count_
};

struct violation {
  std::string field;
  std::string message;
};

struct error {
  errc code = errc::none;
  std::string message; // for the client: no internals
  std::vector<violation> details;
  std::chrono::milliseconds retry_after{0}; // 0: not said
};

struct error_row {
  errc code;
  std::string_view wire_name; // contract section 2
  int http_status;
  bool retryable;
};

/// The row of a code; any thread.
const error_row& describe(errc code);
const std::array<error_row, static_cast<std::size_t>(errc::count_)>& error_table();

/// WebSocket close codes (RFC 6455 §7.4 and contract section 3) and whether clients shall come
/// back.
enum class close_code : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported = 1003,
  bad_payload = 1007,
  too_big = 1009,
  internal = 1011,
  restart = 1012,
  shutdown = 4001,
  slow_consumer = 4008,
  no_pong = 4012,
  too_many_requests = 4013,
  replaced = 4014,
  bad_request = 4501,
  never_authenticated = 4502,
  kicked = 4503,
  connection_limit = 4504,
  invalid_token = 4540,
};
struct close_row {
  close_code code;
  std::string_view reason; // sent as the close reason, and to Socket.IO clients as the word
  bool reconnect;
};
const close_row& describe(close_code code);
const std::vector<close_row>& close_table();

} // namespace domain
