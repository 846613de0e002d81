#include "domain/priority.hpp"

#include <algorithm>
#include <array>

namespace domain {

namespace {

constexpr std::array<std::string_view, priority_count> names{
  "critical", "high", "normal", "low", "background"};

} // namespace

std::string_view to_string(priority p) {
  return names[static_cast<std::size_t>(p)];
}

bool parse_priority(std::string_view text, priority& out) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end())
    return false;
  out = static_cast<priority>(found - names.begin());
  return true;
}

} // namespace domain
