// GET /admin/trace: what passes through a room, a user, a session or an actor, live.
#include "net/rest/admin_views.hpp"
#include "net/rest/asking.hpp"
#include "net/rest/envelope.hpp"
#include "net/rest/resources.hpp"
#include "net/shard.hpp"
#include "net/trace_stream.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>

namespace net::rest {

namespace {

using http::exchange_ptr;
using http::parameters;

domain::error broken(std::string field, std::string why) {
  return {
    domain::errc::validation_failed, "Validation failed", {{std::move(field), std::move(why)}}, {}};
}

domain::result<trace_stream::options> read_options(const http::request& asked) {
  namespace limits = domain::limits;
  if (
    const auto why =
      check_parameters(asked, {"room", "user", "session", "actor", "seconds", "lines", "content"}))
    return *why;
  trace_stream::options made;
  std::size_t targets = 0;
  using kind = trace_target::kind;
  for (const auto each : {kind::room, kind::user, kind::session, kind::actor})
    if (const auto id = asked.parameter(to_string(each)); !id.empty()) {
      made.target = {each, std::string{id}};
      ++targets;
    }
  if (targets != 1)
    return broken("room", "or user, session or actor: name exactly one");
  const auto content = asked.parameter("content");
  if (!content.empty() && content != "true" && content != "false")
    return broken("content", "must be true or false");
  made.with_content = content == "true";
  const auto seconds = read_number(
    asked, "seconds", static_cast<std::uint64_t>(limits::trace_time.count()), 1,
    static_cast<std::uint64_t>(limits::trace_time_max.count()));
  if (!seconds)
    return seconds.error();
  const auto lines = read_number(asked, "lines", limits::trace_lines, 1, limits::trace_lines_max);
  if (!lines)
    return lines.error();
  made.time = std::chrono::seconds{*seconds};
  made.lines_max = *lines;
  return made;
}

struct trace_door {
  explicit trace_door(services& s) : context{s}, clock{s.home.io(), s.home.deadlines} {}

  void handle(const exchange_ptr& e) {
    auto how = read_options(e->req());
    if (!how)
      return e->fail(how.error());
    if (e->req().method == "HEAD") {
      http::response head;
      head.content_type = "application/x-ndjson; charset=utf-8";
      return e->respond(std::move(head));
    }
    // A trace does not outlive the token that opened it.
    const auto left = e->req().who->expires_at - now(context);
    how->time = std::max(std::min(how->time, left), std::chrono::milliseconds{1});
    find(e, std::move(*how));
  }

  /// A name that nobody has is told at once, instead of an empty trace.
  void find(const exchange_ptr& e, trace_stream::options how) {
    const auto missing = [e](const char* what) {
      return [e, what](const domain::error& why) {
        e->fail(
          why.code == domain::errc::not_found
            ? domain::error{domain::errc::not_found, std::string{what} + " not found", {}, {}}
            : why);
      };
    };
    const auto id = how.target.id;
    switch (how.target.what) {
    case trace_target::kind::room:
      return context.ask.ask<actors::found_room>(
        context.node.rooms(), domain::limits::query_timeout, actors::find_room{domain::room_id{id}},
        [this, e, how](actors::found_room&) { open(e, how); }, missing("Room"));
    case trace_target::kind::user:
      return context.ask.ask<actors::found_user>(
        context.node.users(), domain::limits::query_timeout, actors::find_user{domain::user_id{id}},
        [this, e, how](actors::found_user&) { open(e, how); }, missing("User"));
    case trace_target::kind::session:
      if (context.node.sessions().find(domain::session_id{id}))
        return open(e, std::move(how));
      return missing("Session")(domain::error{domain::errc::not_found, "", {}, {}});
    case trace_target::kind::actor:
      if (const auto found = as_actor(std::move(how)))
        return found->target.what == trace_target::kind::actor ? open(e, *found) : find(e, *found);
      return missing("Actor")(domain::error{domain::errc::not_found, "", {}, {}});
    }
  }

  /// What passes through the actor of a room or a session is what passes through those; of any
  /// other, what it handles. Nothing: there is no such actor.
  std::optional<trace_stream::options> as_actor(trace_stream::options how) const {
    const auto id = read_actor_id(how.target.id);
    actors::actor_row row;
    if (!id || !context.node.actors().find(*id, row))
      return std::nullopt;
    how.target.id = actor_id(*id);
    how.actor = *id;
    for (const auto kind : {trace_target::kind::room, trace_target::kind::session})
      if (row.type == to_string(kind))
        how.target = {kind, row.name.substr(row.type.size() + 1)}; // "room:lobby"
    return how;
  }

  void open(const exchange_ptr& e, trace_stream::options how) {
    context.node.outside().log->info(
      "admin-traced", {{"of", to_string(how.target.what)},
                       {"id", std::string_view{how.target.id}},
                       {"content", how.with_content ? "yes" : "no"},
                       {"by", std::string_view{e->req().who->user.value}}});
    const auto made = std::make_shared<trace_stream>(
      context.home, context.trace, std::move(how),
      [this](trace_stream& done) { running.erase(done.shared_from_this()); });
    running.insert(made);
    made->open(e, clock);
  }

  services& context;
  timers clock;
  std::unordered_set<std::shared_ptr<trace_stream>> running;
};

} // namespace

void add_trace(http::routes& table, services& s) {
  const auto door = std::make_shared<trace_door>(s);
  table.get(
    "/admin/trace",
    {"What passes through a room, a user, a session or an actor, live", http::access::admin},
    [door](const exchange_ptr& e, const parameters&) { door->handle(e); });
}

} // namespace net::rest
