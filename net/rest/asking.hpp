// Questions that several resources ask before they answer.
#pragma once

#include "domain/room.hpp"
#include "net/http/exchange.hpp"
#include "net/services.hpp"

#include <functional>

namespace net::rest {

inline domain::error no_such_room() {
  return {domain::errc::not_found, "Room not found", {}, {}};
}

inline domain::timestamp now(const services& s) {
  return s.node.outside().clock->now();
}

/// Fails the exchange with whatever went wrong.
inline auto failing(const http::exchange_ptr& e) {
  return [e](const domain::error& why) { e->fail(why); };
}

/// Calls `then` with the room if the asker may read it (public, or a member); otherwise answers
/// 404.
inline void with_readable_room(
  services& s, const http::exchange_ptr& e, domain::room_id id,
  std::function<void(domain::room&)> then) {
  if (!domain::is_valid_room_id(id.value))
    return e->fail(no_such_room());
  s.ask.ask<actors::found_room>(
    s.node.rooms(), domain::limits::query_timeout, actors::find_room{id},
    [&s, e, id, then = std::move(then)](actors::found_room& found) {
      if (found.room.type == domain::room_type::open)
        return then(found.room);
      s.ask.ask<actors::found_member>(
        s.node.rooms(), domain::limits::query_timeout, actors::find_member{id, e->req().who->user},
        [then, room = found.room](actors::found_member&) mutable { then(room); },
        [e](const domain::error& why) {
          e->fail(why.code == domain::errc::not_found ? no_such_room() : why);
        });
    },
    [e](const domain::error& why) {
      e->fail(why.code == domain::errc::not_found ? no_such_room() : why);
    });
}

} // namespace net::rest
