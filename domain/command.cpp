#include "domain/command.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

namespace domain {

namespace {

// Sorted: looked up by bisection on every `publish`.
constexpr auto reserved = std::to_array<std::string_view>(
  {"authenticate",
   "authenticated",
   "batched-messages",
   "connect",
   "connect_error",
   "disconnect",
   "disconnecting",
   "error",
   "gap",
   "message-deleted",
   "message-edited",
   "message-reaction-updated",
   "message-read",
   "new-message",
   "newListener",
   "notification",
   "ping",
   "pong",
   "presence-update",
   "reconnect",
   "reconnect_attempt",
   "reconnect_error",
   "reconnect_failed",
   "reconnecting",
   "removeListener",
   "reset",
   "room-joined",
   "room-left",
   "server-drain",
   "stream-end",
   "stream-ready",
   "user-joined",
   "user-left",
   "user-stopped-typing",
   "user-typing",
   "welcome"});
static_assert(std::is_sorted(reserved.begin(), reserved.end()));

} // namespace

std::string_view name_of(const command& c) {
  return std::visit(
    [](const auto& x) -> std::string_view {
      using kind = std::decay_t<decltype(x)>;
      if constexpr (std::is_same_v<kind, join_room>)
        return "join-room";
      else if constexpr (std::is_same_v<kind, leave_room>)
        return "leave-room";
      else if constexpr (std::is_same_v<kind, watch_room>)
        return "watch-room";
      else if constexpr (std::is_same_v<kind, send_message>)
        return "send-message";
      else if constexpr (std::is_same_v<kind, set_typing>)
        return x.active ? "typing" : "stop-typing";
      else if constexpr (std::is_same_v<kind, sync_rooms>)
        return "sync";
      else if constexpr (std::is_same_v<kind, subscribe>)
        return "subscribe";
      else if constexpr (std::is_same_v<kind, unsubscribe>)
        return "unsubscribe";
      else if constexpr (std::is_same_v<kind, publish>)
        return "publish";
      else if constexpr (std::is_same_v<kind, set_attributes>)
        return "set-attributes";
      else
        return "authenticate";
    },
    c);
}

bool is_reserved_event(std::string_view name) {
  return std::binary_search(reserved.begin(), reserved.end(), name);
}

} // namespace domain
