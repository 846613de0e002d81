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
      [&s, e, after, limit, last_seq = room.last_seq](actors::event_list& found) {
        log_page page{after, 0, 0, last_seq, false};
        std::vector<std::string> items;
        std::size_t bytes = 0;
        for (const auto& logged : found.events) {
          auto json = domain::to_json(logged);
          bytes += json.size();
          page.has_more =
            items.size() == limit || (bytes > domain::limits::event_page_bytes && !items.empty());
          if (page.has_more)
            break;
          items.push_back(std::move(json));
          page.last = logged.seq;
        }
        if (!items.empty())
          page.first = found.events.front().seq;
        page.last_seq = std::max(last_seq, page.last); // committed since the room was read
        e->respond(write_log(e->req(), page, items, now(s)));
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
