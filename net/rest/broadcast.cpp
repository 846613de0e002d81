#include "actors/broadcaster.hpp"
#include "domain/json.hpp"
#include "domain/limits.hpp"
#include "net/rest/asking.hpp"
#include "net/rest/body.hpp"
#include "net/rest/broadcast_body.hpp"
#include "net/rest/envelope.hpp"
#include "net/rest/resources.hpp"

namespace net::rest {

namespace {

using http::access;
using http::exchange_ptr;
using http::parameters;

std::string sent_json(const actors::broadcast_sent& done) {
  domain::json_object out;
  if (done.is_batched)
    out.raw("recipients", "null"); // known when the batch is sent
  else
    out.number("recipients", std::uint64_t{done.recipients});
  return out.boolean("batched", done.is_batched).take();
}

void send(services& s, const exchange_ptr& e) {
  body b{e->req()};
  auto what = read_broadcast(b);
  const auto event = what.event;
  auto checked = domain::check(std::move(what));
  if (!checked && !b.is_unreadable())
    b.also(checked.error());
  if (const auto why = b.failed()) {
    s.ask.tell(s.node.broadcaster(), actors::broadcast_refused{event, *why});
    return e->fail(*why);
  }
  s.node.outside().log->debug(
    "broadcast",
    {{"event", std::string_view{event}}, {"by", std::string_view{e->req().who->user.value}}});
  s.ask.ask<actors::broadcast_sent>(
    s.node.broadcaster(), domain::limits::command_timeout,
    actors::broadcast_request{std::move(*checked), e->req().who->user},
    [&s, e](actors::broadcast_sent& done) {
      e->respond(resource(e->req(), 200, sent_json(done), now(s)));
    },
    failing(e));
}

void show(services& s, const exchange_ptr& e) {
  if (const auto why = check_parameters(e->req(), {"room", "user"}))
    return e->fail(*why);
  s.ask.ask<actors::broadcast_stats>(
    s.node.broadcaster(), domain::limits::query_timeout,
    actors::broadcast_stats_query{
      std::string{e->req().parameter("room")}, std::string{e->req().parameter("user")}},
    [&s, e](actors::broadcast_stats& found) {
      e->respond(resource(e->req(), 200, std::move(found.json), now(s)));
    },
    failing(e));
}

void reset(services& s, const exchange_ptr& e) {
  s.node.outside().log->info(
    "admin-reset-broadcast-statistics", {{"by", std::string_view{e->req().who->user.value}}});
  s.ask.tell(s.node.broadcaster(), actors::broadcast_stats_reset{});
  http::response r;
  r.status = 204;
  e->respond(std::move(r));
}

} // namespace

void add_broadcast(http::routes& table, services& s) {
  table.post(
    "/broadcast", {"Send an event to many", access::moderator, true},
    [&s](const exchange_ptr& e, const parameters&) { send(s, e); });
  table.get(
    "/admin/broadcast/stats", {"What was broadcast", access::admin},
    [&s](const exchange_ptr& e, const parameters&) { show(s, e); });
  table.del(
    "/admin/broadcast/stats", {"Begin the statistics anew", access::admin},
    [&s](const exchange_ptr& e, const parameters&) { reset(s, e); });
}

} // namespace net::rest
