#pragma once

#include "net/http/exchange.hpp"

#include <string_view>

namespace net {

/// RFC 6455 §4.2.1: what a request must be to become a WebSocket. 0: it may; else the status to
/// refuse it with.
int check_opening(const http::request& asked);

/// A plain-text refusal that ends the connection; 426 and 405 say what would be right.
http::response opening_refusal(int status, std::string_view why);
void refuse_opening(const http::exchange_ptr& e, int status, std::string_view why);

} // namespace net
