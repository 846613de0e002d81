#pragma once

#include "net/http/site.hpp"
#include "net/socketio/namespaces.hpp"

#include <memory>

namespace net {
struct services;
}

namespace net::socketio {

/// The namespace "/admin": the questions of `GET /api/v1/admin/…` as acknowledged commands
/// (`actors`, `rooms`, `sessions`, `node`), for users with the role admin. Rights are checked again
/// for each command: no session is behind it that would end with its token. `s` outlives it.
void add_admin(namespaces& known, services& s, std::shared_ptr<http::site> common);

} // namespace net::socketio
