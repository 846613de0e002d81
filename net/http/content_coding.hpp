// RFC 9110 §12.5.3: bodies compressed for clients that ask for it; RFC 1952: how.
#pragma once

#include "net/http/exchange.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace net::http {

/// What an Accept-Encoding says (several fields joined with commas): gzip, and rather than nothing.
/// A weight that is none counts as 0.
bool accepts_gzip(std::string_view accept_encoding);

/// At the level of least effort: what it is for is made for one client alone. Nothing: not smaller.
/// Keeps its working memory (256 KiB) for its thread.
std::optional<std::string> gzip(std::string_view plain);

/// Compresses the answer if it is of a size for that and its request wants it. Either way Vary
/// says what it depends on.
void encode_body(const request& asked, response& answer);

} // namespace net::http
