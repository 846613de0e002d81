#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace domain {

/// UTC wall-clock time in milliseconds.
using timestamp = std::chrono::sys_time<std::chrono::milliseconds>;
/// For deadlines and rates: never goes back.
using steady_time = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

/// `2026-11-24T10:15:30.123Z` (RFC 3339).
std::string to_iso8601(timestamp at);
/// Reads what `to_iso8601` writes, also without a fraction or with an offset; nothing if it is
/// none.
std::optional<timestamp> parse_iso8601(std::string_view text);

} // namespace domain
