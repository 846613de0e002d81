#include "net/rest/admin_queries.hpp"
#include "net/rest/admin_views.hpp"
#include "net/rest/asking.hpp"
#include "net/rest/envelope.hpp"
#include "net/rest/resources.hpp"

namespace net::rest {

namespace {

using http::access;
using http::exchange_ptr;
using http::parameters;

constexpr std::chrono::milliseconds snapshot_timeout = std::chrono::seconds{2};

domain::error missing(std::string what) {
  return {domain::errc::not_found, std::move(what) + " not found", {}, {}};
}

/// Answers with what an operator's question brings.
admin_answer answering(services& s, const exchange_ptr& e) {
  return [&s, e](domain::result<std::string> found) {
    if (found)
      e->respond(resource(e->req(), 200, *found, now(s)));
    else
      e->fail(found.error());
  };
}

void list_actors(services& s, const exchange_ptr& e) {
  if (const auto why = check_parameters(e->req(), {"type", "sort", "limit"}))
    return e->fail(*why);
  const auto limit = read_number(e->req(), "limit", admin_limit_default, 1, admin_limit_max);
  if (!limit)
    return e->fail(limit.error());
  ask_actors(s, e->req().parameter("type"), e->req().parameter("sort"), *limit, answering(s, e));
}

void show_actor(services& s, const exchange_ptr& e, const std::string& text) {
  const auto id = read_actor_id(text);
  actors::actor_row row;
  if (!id || !s.node.actors().find(*id, row))
    return e->fail(missing("Actor"));
  s.ask.ask<std::string>(
    s.node.actors().handle(*id), snapshot_timeout, actors::snapshot_query{},
    [&s, e, row](std::string& state) {
      e->respond(resource(e->req(), 200, actor_json(row, state), now(s)));
    },
    // that it does not answer is what an operator wants to know
    [&s, e, row](const domain::error&) {
      e->respond(resource(e->req(), 200, actor_json(row, "\"busy\""), now(s)));
    });
}

void list_rooms(services& s, const exchange_ptr& e) {
  if (const auto why = check_parameters(e->req(), {"limit"}))
    return e->fail(*why);
  const auto limit = read_number(e->req(), "limit", admin_limit_default, 1, admin_limit_max);
  if (!limit)
    return e->fail(limit.error());
  ask_rooms(s, *limit, answering(s, e));
}

void show_room(services& s, const exchange_ptr& e, const domain::room_id& id) {
  s.ask.ask<actors::opened_room>(
    s.node.directory(), domain::limits::command_timeout, actors::open_room{id},
    [&s, e](actors::opened_room& opened) {
      s.ask.ask<actors::room_state_view>(
        opened.room, domain::limits::query_timeout, actors::room_state_query{},
        [&s, e](actors::room_state_view& view) {
          e->respond(resource(e->req(), 200, room_state_json(view), now(s)));
        },
        failing(e));
    },
    [e](const domain::error& why) {
      e->fail(why.code == domain::errc::not_found ? missing("Room") : why);
    });
}

void list_sessions(services& s, const exchange_ptr& e) {
  if (const auto why = check_parameters(e->req(), {"limit"}))
    return e->fail(*why);
  const auto limit = read_number(e->req(), "limit", admin_limit_default, 1, admin_limit_max);
  if (!limit)
    return e->fail(limit.error());
  ask_sessions(s, *limit, answering(s, e));
}

void show_session(services& s, const exchange_ptr& e, const std::string& id) {
  const auto found = s.node.sessions().find(domain::session_id{id});
  if (!found)
    return e->fail(missing("Session"));
  s.ask.ask<actors::session_view>(
    *found, snapshot_timeout, actors::session_view_query{},
    [&s, e](actors::session_view& view) {
      e->respond(resource(e->req(), 200, session_json(view), now(s)));
    },
    failing(e));
}

void kick_session(services& s, const exchange_ptr& e, const std::string& id) {
  const auto found = s.node.sessions().find(domain::session_id{id});
  if (!found)
    return e->fail(missing("Session"));
  s.node.outside().log->info(
    "admin-kicked-session",
    {{"session", std::string_view{id}}, {"by", std::string_view{e->req().who->user.value}}});
  s.ask.tell(*found, actors::session_close{domain::close_code::kicked});
  http::response r;
  r.status = 204;
  e->respond(std::move(r));
}

} // namespace

void add_admin(http::routes& table, services& s, std::shared_ptr<http::site> common) {
  const auto get = [&](const char* pattern, const char* summary, http::handler h) {
    table.get(pattern, {summary, access::admin}, std::move(h));
  };
  get("/admin/actors", "Live actors", [&s](const exchange_ptr& e, const parameters&) {
    list_actors(s, e);
  });
  get(
    "/admin/actors/{id}", "One actor and its state",
    [&s](const exchange_ptr& e, const parameters& p) { show_actor(s, e, p.at("id")); });
  get("/admin/rooms", "Rooms that run", [&s](const exchange_ptr& e, const parameters&) {
    list_rooms(s, e);
  });
  get(
    "/admin/rooms/{id}", "One room and who is in it",
    [&s](const exchange_ptr& e, const parameters& p) {
      show_room(s, e, domain::room_id{p.at("id")});
    });
  get("/admin/sessions", "Sessions, newest first", [&s](const exchange_ptr& e, const parameters&) {
    list_sessions(s, e);
  });
  get("/admin/sessions/{id}", "One session", [&s](const exchange_ptr& e, const parameters& p) {
    show_session(s, e, p.at("id"));
  });
  table.del(
    "/admin/sessions/{id}", {"Kick a session", access::admin},
    [&s](const exchange_ptr& e, const parameters& p) { kick_session(s, e, p.at("id")); });
  get("/admin/top", "Totals of this node", [&s, common](const exchange_ptr& e, const parameters&) {
    ask_node(s, common, answering(s, e));
  });
}

} // namespace net::rest
