#pragma once

#include "net/http/exchange.hpp"

#include <string>
#include <string_view>

namespace net::http {

std::string_view reason_phrase(int status);

/// 1 or 2: which version of the API is asked for, by path or by the header Api-Version; 0: one that
/// there is not.
int api_version(const request& req);
/// The same, 1 for an unknown one: for handlers, which are not reached then.
int api_version_or_default(const request& req);

response json_response(int status, std::string body);

/// The error envelope of contract section 2, or RFC 9457 when the request accepts
/// `application/problem+json`. With Retry-After where it belongs, and `internal` without any
/// detail.
response error_response(const request& req, const domain::error& why);
/// For statuses that are no domain error: 408, 414, 431, 501 …
response
error_response(const request& req, int status, std::string_view code, std::string_view message);

/// The status line and all headers, up to and including the empty line. Header fields that could
/// split the answer are left out.
std::string
render_head(const response& r, std::size_t body_size, bool keep_alive, std::string_view request_id);

/// The same for a body that ends with the connection.
std::string render_stream_head(const response& r, std::string_view request_id);

bool equal_ignoring_case(std::string_view a, std::string_view b);
/// True when the comma-separated list of a header has this token.
bool has_token(std::string_view list, std::string_view token);

} // namespace net::http
