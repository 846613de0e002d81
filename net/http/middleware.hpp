#pragma once

#include "net/http/routes.hpp"
#include "net/http/site.hpp"

#include <memory>

namespace net {
struct services;
}

namespace net::http {

/// The token of `Authorization: Bearer …`; empty when there is none.
std::string_view bearer_token(const request& req);

/// Checks the bearer's token where the route wants one, and the rate: per user with a token, per
/// address without. Answers 401, 403, 429 or what the authenticator says.
routes::middleware authenticate(services& s, std::shared_ptr<site> common);

/// Honours Idempotency-Key on the routes that say so: the first answer again for the same request,
/// 422 for another one under the same key, 409 while the first is running.
routes::middleware idempotency(services& s, std::shared_ptr<site> common);

} // namespace net::http
