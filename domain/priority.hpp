#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace domain {

/// Which events of a connection are written first while it has a backlog; lower is sooner. Order
/// within one class is kept.
enum class priority : std::uint8_t { critical, high, normal, low, background };
inline constexpr std::size_t priority_count = 5;

std::string_view to_string(priority p);
/// Nothing but the five names is a priority.
bool parse_priority(std::string_view text, priority& out);

} // namespace domain
