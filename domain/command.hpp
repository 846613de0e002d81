#pragma once

#include "domain/audience.hpp"
#include "domain/event.hpp"
#include "domain/ids.hpp"
#include "domain/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace domain {

// All that a client can ask, whatever its protocol (contract section 3).
struct join_room {
  room_id room;
  std::optional<seq> after;
};
struct leave_room {
  room_id room;
};
struct send_message {
  room_id room;
  domain::draft draft;
};
struct set_typing {
  room_id room;
  bool active = true;
};
struct sync_rooms {
  std::vector<std::pair<room_id, seq>> rooms;
};
struct subscribe {
  domain::topic topic;
};
struct unsubscribe {
  domain::topic topic;
};
struct publish {
  domain::topic topic;
  std::string event;
  std::string data = "null"; // JSON
  std::string key;
  bool droppable = false; // `volatile` on the wire
};
/// Be shown what happens in a room without being in it: nobody is told, and a public room does not
/// make its watcher a member (event streams).
struct watch_room {
  room_id room;
  std::optional<seq> after; // show what came behind this first
};
/// What is given replaces what was set before.
struct set_attributes {
  std::optional<attribute_map> attributes;
  std::optional<std::optional<domain::location>> location; // nothing in it: forget it
};
struct renew_token {
  std::string token;
};

using command = std::variant<
  join_room, leave_room, send_message, set_typing, sync_rooms, subscribe, unsubscribe, publish,
  watch_room, set_attributes, renew_token>;

/// The name clients use for it: "join-room" … ("typing"/"stop-typing" by its flag).
std::string_view name_of(const command& c);

/// Events that only the server may emit, and the protocol's own names: not for `publish`.
bool is_reserved_event(std::string_view name);

} // namespace domain
