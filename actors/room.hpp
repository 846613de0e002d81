#pragma once

#include "actors/outbox.hpp"
#include "domain/event.hpp"
#include "domain/message.hpp"
#include "domain/room.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/typed_actor.hpp>
#include <caf/weak_intrusive_ptr.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// One actor per active room. Stores, then acknowledges, then shows. In order of life:
namespace actors {

/// A session enters. A public room makes its user a member on first entry; private and direct rooms
/// are `not_found` to non-members. The room itself subscribes the connection to its topic and takes
/// the snapshot in the same turn, so nothing falls between them. `user-joined` to the others when
/// it is the user's first session here. `after`: the missed events (≤ sync_events, else reset)
/// instead of recent ones.
struct room_join {
  domain::member_ref who;
  domain::session_id session;
  connection_ref connection;
  std::optional<domain::seq> after;
  bool quiet = false; // no `user-joined`: it was here before the room's actor failed
  bool snapshot =
    true; // false: rights are checked and the connection subscribed, the answer's json is empty
  /// Only looks on: nobody is told, it is not counted, and a public room does not make it a member.
  bool watch = false;
};
/// `{"ok":true,"room":{id,name,memberCount,lastSeq},"messages":[…],"members":[{userId,username,name,avatar}]}`;
/// with `after` also `"events":[…],"reset":false`.
struct room_joined {
  std::string json;
  // of a watcher, instead of json
  std::vector<domain::event_ptr> missed{};
  domain::seq last_seq = 0;
  bool reset = false;
};

/// This session leaves; `user-left` to the others when it was the user's last one here. Also ends
/// typing.
struct room_leave {
  domain::user_id user;
  domain::session_id session;
  connection_ref connection;
};
struct room_left {};

/// Stores a message, answers after the commit, then delivers `new-message`. Errors: forbidden (not
/// a member; not joined), overloaded, retry (unknown fate), unavailable.
struct room_post {
  domain::member_ref sender;
  domain::draft draft; // checked
  bool joined = false; // the session has joined: no need to ask the repository for the membership
};
struct room_posted {
  domain::message_id id;
  domain::seq seq = 0;
  domain::timestamp at{};
  bool was_new = true;
};

/// Shows "typing" to the others until stopped or typing_timeout. Never stored, never answered.
struct room_typing {
  domain::member_ref who;
  bool active = true;
};

/// The log after a seq, for `sync` and GET …/events, for those who may read. A public room may be
/// read by any signed-in user.
struct room_read {
  domain::user_id reader;
  domain::seq after = 0;
  std::size_t limit = 0;
};
struct room_history {
  std::vector<domain::logged_event> events; // ascending; empty when reset
  domain::seq last_seq = 0;
  bool reset =
    false; // `after` is beyond last_seq, or more than `limit` events are missing (sync), see more
  bool more = false; // events were cut at limit
};

/// Who is in the room now (sessions), for REST and operators.
struct room_state_query {};
struct room_state_view {
  domain::room room;
  domain::epoch epoch = 0;
  std::vector<domain::member_ref> online;
  std::size_t sessions = 0;
  std::size_t pending = 0;
};

using room_actor = caf::typed_actor<
  caf::replies_to<room_join>::with<room_joined>, caf::replies_to<room_leave>::with<room_left>,
  caf::replies_to<room_post>::with<room_posted>, caf::reacts_to<room_typing>,
  caf::replies_to<room_read>::with<room_history>,
  caf::replies_to<room_state_query>::with<room_state_view>,
  caf::reacts_to<struct room_tick>>; // its own timer

struct room_tick {
  std::uint64_t generation = 0;
};

struct surroundings;

/// What the directory found in storage when it activated the room.
struct room_args {
  std::shared_ptr<surroundings> world;
  domain::room room; // last_seq as activated
  domain::epoch epoch = 0;
  /// Ascending, ends with the room's last seq: the newest ones, and at least those that were not
  /// shown yet.
  std::vector<domain::logged_event> recent;
  /// The newest seq that was handed to the outbox; outlives the actor, so that its successor shows
  /// what is stored but was not shown.
  std::shared_ptr<std::atomic<domain::seq>> shown;
  /// Whom to ask for retirement (an actor that takes retire_room), and to end with. May be none in
  /// tests.
  caf::weak_actor_ptr directory;
};
room_actor spawn_room(caf::actor_system& system, room_args args);

} // namespace actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::room_join)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::room_joined)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::room_leave)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::room_left)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::room_post)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::room_posted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::room_typing)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::room_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::room_history)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::room_state_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::room_state_view)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::room_tick)
