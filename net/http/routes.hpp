#pragma once

#include "net/http/cors.hpp"
#include "net/http/exchange.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace net::http {

/// Who may call a route. `anyone`: no token needed; `user`: a valid access token, in req().who;
/// `moderator`, `admin`: and that role, or a higher one.
enum class access { anyone, user, moderator, admin };

struct route_options {
  std::string summary;
  http::access access = http::access::user;
  bool idempotency_key = false; // honours Idempotency-Key
};

/// What a whole path has for itself.
struct raw_options {
  std::size_t body_max = 0; // bytes of a request's body; 0: as everywhere
  /// The answer to what is refused with this status before there is an exchange: for the size of
  /// its body (413), or a control byte in its Origin (400; `head` ends there). Never a body in it.
  /// Empty: the common envelope.
  std::function<response(const request& head, int status)> refuse = {};
};

/// Values of `{name}` parts of the path.
using parameters = std::map<std::string, std::string, std::less<>>;
using handler = std::function<void(const exchange_ptr&, const parameters&)>;

/// The route table of one shard: feeds the router, OPTIONS and Allow, and a test. Patterns are
/// below the base
/// (`/api/v1`, `/api/v2`, `/api`): "/rooms/{roomId}/messages". `raw` ones are whole paths, without
/// middlewares.
class routes {
public:
  routes();
  struct row {
    std::string method;
    std::string pattern;
    route_options options;
  };

  /// Runs before every handler below the base, in the order given, with what the route says of
  /// itself. Answers the exchange or calls `next`, once, at once or later.
  using middleware =
    std::function<void(const exchange_ptr&, const route_options&, std::function<void()> next)>;
  void use(middleware m);
  /// Who may read answers of the API from pages of other origins; applies to refusals too.
  void use(cors policy);

  void add(std::string method, std::string pattern, route_options options, handler h);
  void get(std::string pattern, route_options options, handler h) {
    add("GET", std::move(pattern), std::move(options), std::move(h));
  }
  void post(std::string pattern, route_options options, handler h) {
    add("POST", std::move(pattern), std::move(options), std::move(h));
  }
  void put(std::string pattern, route_options options, handler h) {
    add("PUT", std::move(pattern), std::move(options), std::move(h));
  }
  void del(std::string pattern, route_options options, handler h) {
    add("DELETE", std::move(pattern), std::move(options), std::move(h));
  }
  /// All methods of exactly this path (or, ending in "/*", of all below), before any middleware:
  /// /socket.io/, /ws, /livez.
  void raw(std::string path, std::function<void(const exchange_ptr&)> h, raw_options options = {});
  /// Of the route of this path, for who reads before there is an exchange.
  const raw_options& raw_options_of(std::string_view path) const;

  const std::vector<row>& table() const { return table_; }
  /// Finds and runs the handler, or answers 404 / 405 / 204 (OPTIONS).
  void dispatch(const exchange_ptr& e);

private:
  struct impl;
  void dispatch_api(const exchange_ptr& e);

  std::vector<row> table_;
  std::shared_ptr<impl> impl_;
};

} // namespace net::http
