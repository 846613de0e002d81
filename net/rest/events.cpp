#include "domain/json.hpp"
#include "net/rest/asking.hpp"
#include "net/rest/envelope.hpp"
#include "net/rest/resources.hpp"

#include <algorithm>
#include <limits>

namespace net::rest {

namespace {

using http::exchange_ptr;
using http::parameters;

constexpr std::size_t limit_default = 100;

// Read from storage, not from the room: reading a quiet room's log must not wake it.
void list(services& s, const exchange_ptr& e, const domain::room_id& id) {
  if (const auto why = check_parameters(e->req(), {"after", "limit", "links"}))
    return e->fail(*why);
  constexpr auto seq_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const auto after = read_number(e->req(), "after", 0, 0, seq_max);
  if (!after)
    return e->fail(after.error());
  const auto limit = read_number(e->req(), "limit", limit_default, 1, domain::limits::sync_events);
  if (!limit)
    return e->fail(limit.error());
  with_readable_room(s, e, id, [&s, e, after = *after, limit = *limit](domain::room& room) {
    s.ask.ask<actors::event_list>(
      s.node.messages(), domain::limits::query_timeout,
      actors::load_events{room.id, after, limit + 1, false},
      [&s, e, after, limit, last = room.last_seq](actors::event_list& found) {
        const bool more = found.events.size() > limit;
        if (more)
          found.events.resize(limit);
        std::string events = "[";
        for (const auto& logged : found.events) {
          if (events.size() > 1)
            events += ',';
          events += domain::to_json(logged);
        }
        events += ']';
        const auto last_seen = found.events.empty() ? 0 : found.events.back().seq;
        const auto last_seq = std::max(last, last_seen);
        domain::json_object o;
        o.raw("events", events).number("lastSeq", last_seq);
        o.boolean("reset", after > last_seq).boolean("more", more);
        e->respond(resource(e->req(), 200, o.take(), now(s)));
      },
      failing(e));
  });
}

} // namespace

void add_events(http::routes& table, services& s) {
  table.get(
    "/rooms/{id}/events", {"The room's log after a seq, for synchronisation"},
    [&s](const exchange_ptr& e, const parameters& p) { list(s, e, domain::room_id{p.at("id")}); });
}

} // namespace net::rest
