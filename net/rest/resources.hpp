// The REST resources of contract section 2, one file each. Handlers hold no rule and no SQL: they
// read the request's shape, ask an actor, and write the answer.
#pragma once

#include "net/http/routes.hpp"
#include "net/http/site.hpp"

#include <memory>

namespace net {
struct services;
}

namespace net::rest {

void add_auth(http::routes& table, services& s);
void add_users(http::routes& table, services& s);
void add_rooms(http::routes& table, services& s);
void add_members(http::routes& table, services& s);
void add_messages(http::routes& table, services& s);
void add_events(http::routes& table, services& s);
void add_stream(http::routes& table, services& s);
void add_trace(http::routes& table, services& s);
void add_why(http::routes& table, services& s);
void add_broadcast(http::routes& table, services& s);
void add_admin(http::routes& table, services& s, std::shared_ptr<http::site> common);

} // namespace net::rest
