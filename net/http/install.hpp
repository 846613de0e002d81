#pragma once

#include "net/http/door.hpp"
#include "net/http/routes.hpp"
#include "net/http/site.hpp"

#include <memory>

namespace net {
struct services;
}

namespace net::http {

/// Everything that is served over plain HTTP, for one shard: /api, health, metrics, pages. `s`
/// outlives it.
std::shared_ptr<routes> make_routes(services& s, std::shared_ptr<site> common);

/// The front door of one shard with these routes; known to `common`, so that connections can be
/// handed over to it.
std::shared_ptr<door>
make_door(services& s, std::shared_ptr<routes> table, const std::shared_ptr<site>& common);

} // namespace net::http
