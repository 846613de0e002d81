// Pure values and rules: std only, no I/O, no threads, no clock of its own. Everything else in the
// house depends on this room, and this room on nothing.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace domain {

/// An opaque, time-sortable string with a type prefix (`usr_…`). A strong type: a room's id is not
/// a user's. Empty means "none".
template <class Tag>
struct id {
  std::string value;

  id() = default;
  explicit id(std::string text) : value(std::move(text)) {}
  bool empty() const { return value.empty(); }
  friend auto operator<=>(const id&, const id&) = default;
};

using user_id = id<struct user_tag>;
using room_id = id<struct room_tag>;
using message_id = id<struct message_tag>;
using session_id = id<struct session_tag>;

/// The position of a durable change in its room: 1, 2, 3 … without holes. 0: none yet.
using seq = std::uint64_t;
/// Which owner of a room is writing; raised at every activation (fencing token).
using epoch = std::uint64_t;

} // namespace domain

template <class Tag>
struct std::hash<domain::id<Tag>> {
  std::size_t operator()(const domain::id<Tag>& x) const {
    return std::hash<std::string>{}(x.value);
  }
};
