#include "net/rest/admin_views.hpp"

#include "domain/json.hpp"
#include "net/process_figures.hpp"
#include "net/rest/views.hpp"
#include "net/services.hpp"

#include <charconv>

namespace net::rest {

std::string actor_id(std::uint64_t id) {
  return "act_" + std::to_string(id);
}

std::optional<std::uint64_t> read_actor_id(std::string_view text) {
  if (text.starts_with("act_"))
    text.remove_prefix(4);
  std::uint64_t id = 0;
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (text.empty() || end != text.data() + text.size() || why != std::errc{})
    return std::nullopt;
  return id;
}

namespace {

using domain::json_object;

json_object row_object(const actors::actor_row& r) {
  json_object o;
  o.text("id", actor_id(r.id)).text("type", r.type).text("name", r.name);
  o.number("mailbox", r.mailbox).number("handled", r.handled).number("busyUs", r.busy_us);
  o.number("stuckUs", r.stuck_us).number("ageMs", r.age_ms).number("restarts", r.restarts);
  o.text_or_null("lastMessage", r.last_message).text_or_null("lastError", r.last_error);
  return o;
}

/// `[a,b]` of what `write` makes of each.
template <class Range, class Write>
std::string array_of(const Range& all, Write write) {
  std::string out = "[";
  for (const auto& one : all) {
    if (out.size() > 1)
      out += ',';
    out += write(one);
  }
  return out + ']';
}

std::string totals_json(const std::map<std::string, std::size_t>& totals) {
  json_object o;
  for (const auto& [type, count] : totals)
    o.number(type, std::uint64_t{count});
  return o.take();
}

std::string shard_json(const shard* s) {
  const auto load = [](const std::atomic<std::uint64_t>& n) {
    return n.load(std::memory_order_relaxed);
  };
  json_object o;
  o.number("index", std::uint64_t{s->index()}).number("connections", load(s->stats.clients));
  o.number("accepted", load(s->stats.accepted)).number("delivered", load(s->stats.delivered));
  o.number("dropped", load(s->stats.dropped)).number("slowClosed", load(s->stats.slow_closed));
  o.number("writes", load(s->stats.writes)).number("writtenBytes", load(s->stats.written_bytes));
  o.number("turns", load(s->stats.turns));
  return o.take();
}

std::string process_json() {
  const auto f = read_process_figures();
  json_object o;
  o.number("residentBytes", f.resident_bytes).real("cpuSeconds", f.cpu_seconds);
  o.number("openFds", f.open_fds).number("maxFds", f.max_fds).number("threads", f.threads);
  return o.take();
}

} // namespace

std::string actors_json(
  const actors::actor_directory::listing& found,
  const std::vector<actors::actor_directory::obituary>& dead) {
  json_object o;
  o.number("total", std::uint64_t{found.total}).raw("totals", totals_json(found.totals));
  o.raw("actors", array_of(found.rows, [](const auto& r) { return row_object(r).take(); }));
  o.raw("deaths", array_of(dead, [](const auto& d) {
          json_object one;
          one.text("id", actor_id(d.id))
            .text("type", d.type)
            .text("name", d.name)
            .text("reason", d.reason);
          return one.take();
        }));
  return o.take();
}

std::string actor_json(const actors::actor_row& row, std::string_view state_json) {
  auto o = row_object(row);
  o.raw("state", state_json.empty() ? "null" : state_json);
  return o.take();
}

std::string rooms_json(
  const actors::active_rooms& found,
  const std::vector<std::optional<actors::room_state_view>>& states) {
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < found.rooms.size(); ++i) {
    auto row = states[i] ? room_state_json(*states[i])
                         : json_object{}.text("id", found.rooms[i].id.value).take();
    row.pop_back();
    rows.push_back(
      row + ',' + json_object{}.text("actor", actor_id(found.rooms[i].actor)).take().substr(1));
  }
  json_object o;
  o.number("total", std::uint64_t{found.total}).raw("rooms", array_of(rows, [](const auto& r) {
                                                      return r;
                                                    }));
  return o.take();
}

std::string room_state_json(const actors::room_state_view& view) {
  auto json = room_json(view.room);
  json.pop_back();
  json_object o;
  o.number("epoch", view.epoch).number("sessions", std::uint64_t{view.sessions});
  o.number("pending", std::uint64_t{view.pending});
  o.raw("online", array_of(view.online, [](const domain::member_ref& m) {
          return json_object{}
            .text("userId", m.user.value)
            .text("username", m.username)
            .text("name", m.name)
            .take();
        }));
  return json + ',' + o.take().substr(1);
}

std::string sessions_json(const std::vector<actors::session_index::row>& rows, std::size_t total) {
  json_object o;
  o.number("total", std::uint64_t{total});
  o.raw("sessions", array_of(rows, [](const actors::session_index::row& r) {
          json_object one;
          one.text("id", r.id.value).text("userId", r.user.value).text("username", r.username);
          one.text("since", domain::to_iso8601(r.since));
          return one.take();
        }));
  return o.take();
}

std::string session_json(const actors::session_view& view) {
  json_object o;
  o.text("id", view.id.value).text("userId", view.user.value).text("username", view.username);
  o.boolean("connected", view.connected).text("since", domain::to_iso8601(view.since));
  o.raw("topics", array_of(view.topics, [](const domain::topic& t) {
          std::string text;
          domain::append_json_string(text, t);
          return text;
        }));
  return o.take();
}

std::string top_json(services& s, const http::site& common, std::size_t active_rooms) {
  std::uint64_t connections = 0;
  std::uint64_t delivered = 0;
  std::uint64_t dropped = 0;
  std::uint64_t slow_closed = 0;
  for (const auto* one : s.shards) {
    connections += one->stats.clients.load(std::memory_order_relaxed);
    delivered += one->stats.delivered.load(std::memory_order_relaxed);
    dropped += one->stats.dropped.load(std::memory_order_relaxed);
    slow_closed += one->stats.slow_closed.load(std::memory_order_relaxed);
  }
  std::uint64_t requests = 0;
  for (const auto& d : common.all())
    for (const auto& n : d->stats().answers)
      requests += n.load(std::memory_order_relaxed);
  constexpr std::size_t busiest = 30;
  const auto live = s.node.actors().list({}, actors::actor_order::busy, busiest);
  const std::chrono::duration<double> up = std::chrono::steady_clock::now() - common.started();
  json_object o;
  o.text("node", s.config.node_name).real("uptimeSeconds", up.count());
  o.number("connections", connections).number("httpConnections", s.http_connections.load());
  o.number("sessions", std::uint64_t{s.node.sessions().size()})
    .number("rooms", std::uint64_t{active_rooms});
  o.number("liveActors", std::uint64_t{live.total}).raw("totals", totals_json(live.totals));
  o.number("delivered", delivered).number("dropped", dropped).number("slowClosed", slow_closed);
  o.number("httpRequests", requests).boolean("draining", s.is_draining.load());
  o.raw("shards", array_of(s.shards, shard_json)).raw("process", process_json());
  o.raw("actors", array_of(live.rows, [](const auto& r) { return row_object(r).take(); }));
  return o.take();
}

} // namespace net::rest
