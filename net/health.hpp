#pragma once

namespace net {

struct services;
namespace http {
class routes;
}

/// /livez, /readyz (?verbose) and /healthz.
void add_health(http::routes& table, services& s);

} // namespace net
