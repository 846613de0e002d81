#include "net/http/cors.hpp"

#include "net/http/response.hpp"

#include <algorithm>

namespace net::http {

namespace {

bool is_same_origin(std::string_view origin, std::string_view host) {
  for (std::string_view scheme : {"http://", "https://"})
    if (origin.starts_with(scheme))
      return !host.empty() && equal_ignoring_case(origin.substr(scheme.size()), host);
  return false;
}

} // namespace

bool cors::allows(const request& req) const {
  const auto origin = req.header("Origin");
  return origin.empty() || is_any() || is_same_origin(origin, req.header("Host"))
         || std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
}

void cors::apply(exchange& e) const {
  e.add_header("Vary", "Origin");
  const auto origin = e.req().header("Origin");
  if (origin.empty() || !allows(e.req()))
    return;
  e.add_header("Access-Control-Allow-Origin", is_any() ? "*" : std::string{origin});
  if (!is_any())
    e.add_header("Access-Control-Allow-Credentials", "true");
  e.add_header(
    "Access-Control-Expose-Headers", "X-Request-Id, Link, Location, Retry-After, RateLimit-Limit, "
                                     "RateLimit-Remaining, RateLimit-Reset");
}

void cors::apply_preflight(const request& req, const std::string& methods, response& out) const {
  if (req.header("Access-Control-Request-Method").empty() || !allows(req))
    return;
  out.headers.emplace_back("Access-Control-Allow-Methods", methods);
  out.headers.emplace_back(
    "Access-Control-Allow-Headers",
    "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Request-Id, Api-Version");
  out.headers.emplace_back("Access-Control-Max-Age", "600");
}

} // namespace net::http
