// RFC 3986: what a request's target means.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace net::http {

struct target_parts {
  std::string path;                                       // decoded
  std::vector<std::pair<std::string, std::string>> query; // decoded, in order
};

/// Nothing when an escape is broken, or the path is no UTF-8 or hides a slash, a backslash or a
/// control character in an escape.
std::optional<target_parts> split_target(std::string_view target);

/// Escapes a value for a query.
std::string escape_query(std::string_view text);

} // namespace net::http
