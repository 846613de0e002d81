#include "net/rest/admin_queries.hpp"

#include "net/rest/admin_views.hpp"
#include "net/services.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace net::rest {
namespace {

constexpr std::chrono::milliseconds snapshot_timeout = std::chrono::seconds{2};

std::optional<actors::actor_order> read_order(std::string_view text) {
  if (text.empty() || text == "mailbox")
    return actors::actor_order::mailbox;
  if (text == "messages")
    return actors::actor_order::messages;
  if (text == "busy")
    return actors::actor_order::busy;
  if (text == "age")
    return actors::actor_order::age;
  return std::nullopt;
}

/// The states of rooms, asked all at once.
struct room_survey {
  actors::active_rooms found;
  std::vector<std::optional<actors::room_state_view>> states;
  std::size_t missing = 0;
  admin_answer done;
  void came() {
    if (--missing == 0)
      done(rooms_json(found, states));
  }
};

void survey(services& s, const std::shared_ptr<room_survey>& all) {
  all->states.resize(all->found.rooms.size());
  all->missing = all->found.rooms.size() + 1;
  for (std::size_t i = 0; i < all->found.rooms.size(); ++i)
    // by the actor and not by the directory: an operator's look must not start a room that has just
    // ended
    s.ask.ask<actors::room_state_view>(
      s.node.actors().handle(all->found.rooms[i].actor), snapshot_timeout,
      actors::room_state_query{},
      [all, i](actors::room_state_view& view) {
        all->states[i] = std::move(view);
        all->came();
      },
      [all](const domain::error&) { all->came(); });
  all->came();
}

} // namespace

void ask_actors(
  services& s, std::string_view type, std::string_view sort, std::size_t limit,
  const admin_answer& done) {
  const auto order = read_order(sort);
  if (!order)
    return done(domain::error{
      domain::errc::validation_failed,
      "Validation failed",
      {{"sort", "must be mailbox, messages, busy or age"}},
      {}});
  const auto found = s.node.actors().list(type, *order, limit);
  done(actors_json(found, s.node.actors().recently_dead()));
}

void ask_rooms(services& s, std::size_t limit, admin_answer done) {
  s.ask.ask<actors::active_rooms>(
    s.node.directory(), domain::limits::query_timeout, actors::list_active_rooms{limit},
    [&s, done](actors::active_rooms& found) {
      const auto all = std::make_shared<room_survey>();
      all->found = std::move(found);
      all->done = done;
      survey(s, all);
    },
    [done](const domain::error& why) { done(why); });
}

void ask_sessions(services& s, std::size_t limit, const admin_answer& done) {
  const auto rows = s.node.sessions().list(limit);
  done(sessions_json(rows, s.node.sessions().size()));
}

void ask_node(services& s, std::shared_ptr<http::site> common, const admin_answer& done) {
  const auto answer = [&s, common = std::move(common), done](std::size_t active_rooms) {
    done(top_json(s, *common, active_rooms));
  };
  s.ask.ask<actors::active_rooms>(
    s.node.directory(), snapshot_timeout, actors::list_active_rooms{0},
    [answer](actors::active_rooms& rooms) { answer(rooms.total); },
    [answer](const domain::error&) { answer(0); });
}

} // namespace net::rest
