// RFC 9112, narrowed: what Beast lets pass and two servers could read differently
// (reliability.md 4.2).
#pragma once

#include "domain/limits.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace net::http {

/// Where the header block ends: `size` counts up to and including the empty line; 0: not there yet.
/// `is_bad`: there are bytes that no header block may have (bare LF or CR, control bytes), the
/// first of them at `bad_at`; stop reading at once.
struct head_end {
  std::size_t size = 0;
  bool is_bad = false;
  std::size_t bad_at = 0;
};
/// `seen`: how many bytes an earlier call has looked at already.
head_end find_head_end(std::string_view bytes, std::size_t seen = 0);

/// What the guard says of one header block. Pure; any thread.
struct verdict {
  int status = 0; // 0: fine, else answer this and close
  const char* reason = "";
  bool chunked = false;
  bool expects_continue = false;
  std::uint64_t content_length = 0;
  std::size_t body_max = 0; // of its target; 0: no body comes
};

/// How large a body may be that goes to this target. Asked when all else in the head is fine.
using body_bound = std::function<std::size_t(std::string_view target)>;

/// `head` is one request's header block, up to and including CRLFCRLF. Refuses what is ambiguous,
/// too large or not spoken here: 400, 413, 414, 417, 431, 501, 505.
verdict check_head(std::string_view head, const body_bound& max_body);
verdict check_head(std::string_view head, std::size_t max_body = domain::limits::http_body_bytes);

/// What a head says; views into it.
struct head_view {
  std::string_view method;
  std::string_view target;
  std::vector<std::pair<std::string_view, std::string_view>> fields; // values trimmed
};
/// Of a head that check_head refused for nothing but the size of its body (413).
head_view read_head(std::string_view head);
/// Of what find_head_end stopped at, for the words of the refusal only: what was asked before the
/// byte at `bad_at`, if that is a control byte in the value of Origin and all before it is fine.
/// The last field is that Origin, up to and including the byte.
std::optional<head_view> read_bad_origin(std::string_view bytes, std::size_t bad_at);

} // namespace net::http
