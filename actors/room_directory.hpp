#pragma once

#include "actors/room.hpp"

namespace actors {

/// The handle of a room, started (activated in storage: epoch + 1) when it is not running. Errors:
/// not_found, unavailable, retry. Whoever keeps the handle monitors it and asks again when it went
/// down.
struct open_room {
  domain::room_id id;
};
struct opened_room {
  room_actor room;
};

/// A room without sessions and without work for `room_idle` asks to be ended (its own message).
struct retire_room {
  domain::room_id id;
};

struct list_active_rooms {
  std::size_t limit = 100;
};
struct active_room {
  domain::room_id id;
  std::uint64_t actor = 0;
};
struct active_rooms {
  std::vector<active_room> rooms;
  std::size_t total = 0;
};

using room_directory_actor = caf::typed_actor<
  caf::replies_to<open_room>::with<opened_room>, caf::reacts_to<retire_room>,
  caf::replies_to<list_active_rooms>::with<active_rooms>>;

room_directory_actor
spawn_room_directory(caf::actor_system& system, std::shared_ptr<surroundings> world);

} // namespace actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::open_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::opened_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::retire_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::list_active_rooms)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::active_rooms)
