#include "net/http/field_value.hpp"

#include <algorithm>
#include <cstddef>

namespace net::http {

std::string_view trimmed(std::string_view value) {
  constexpr std::string_view white = " \t";
  const auto first = value.find_first_not_of(white);
  if (first == value.npos)
    return {};
  return value.substr(first, value.find_last_not_of(white) - first + 1);
}

std::string_view take_until(std::string_view& rest, char mark) {
  bool is_quoted = false;
  std::size_t end = 0;
  for (; end < rest.size(); ++end) {
    if (rest[end] == '"')
      is_quoted = !is_quoted;
    else if (rest[end] == mark && !is_quoted)
      break;
  }
  const auto part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trimmed(part);
}

} // namespace net::http
