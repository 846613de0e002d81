#pragma once

#include <string_view>

namespace net::http {

/// Without the optional white space at both ends (RFC 9110 §5.6.3).
std::string_view trimmed(std::string_view value);

/// Takes what stands before the next `mark` outside of quotes (§5.6.4), trimmed, and the mark; all
/// that is left when there is none.
std::string_view take_until(std::string_view& rest, char mark);

} // namespace net::http
