#pragma once

#include "actors/outbox.hpp"
#include "domain/command.hpp"
#include "domain/user.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/typed_actor.hpp>

#include <memory>
#include <string>
#include <vector>

// A signed-in client. Outlives its connection by resume_window. In order of life:
namespace actors {

/// A command; answered through the outbox exactly once (which gives the credit back), never by a
/// CAF reply.
struct session_command {
  reply_to origin;
  domain::command command;
};

/// The connection was lost. `recoverable`: keep the state for resume_window (present for
/// presence_grace); otherwise leave all rooms and end now. Ignored when `connection` is not the
/// present one.
struct session_detach {
  connection_ref connection;
  bool recoverable = false;
};

/// A new connection takes over (Socket.IO recovery). Rights are checked again by the session: rooms
/// that the user may no longer read are left out. The old connection, if it still lives, is closed
/// with 4014. The answer names the topics; net/ has held back deliveries for them since it
/// subscribed them.
struct session_attach {
  connection_ref connection;
  domain::principal principal;         // fresh: the token was checked again; must be the same user
  caf::execution_unit* home = nullptr; // the shard of the new connection; nullptr: stay
};
struct session_attached {
  domain::session_id id;
  std::vector<domain::topic> topics;
  domain::session_facts facts;
};

/// Ends the session and its connection (kick, shutdown, replaced).
struct session_close {
  domain::close_code why = domain::close_code::going_away;
};

/// Ends the session if its token comes from this sign-in.
struct session_revoke {
  std::string login;
};

/// A room's actor ended while sessions were in it: they enter again by themselves.
struct room_lost {
  domain::room_id room;
};

struct session_view_query {};
struct session_view {
  domain::session_id id;
  domain::user_id user;
  std::string username;
  bool connected = false;
  std::vector<domain::topic> topics;
  domain::timestamp since{};
};

struct session_tick {
  std::uint64_t generation = 0;
}; // its own timer

using session_actor = caf::typed_actor<
  caf::reacts_to<session_command>, caf::reacts_to<session_detach>,
  caf::replies_to<session_attach>::with<session_attached>, caf::reacts_to<session_close>,
  caf::reacts_to<session_revoke>, caf::reacts_to<room_lost>,
  caf::replies_to<session_view_query>::with<session_view>, caf::reacts_to<session_tick>>;

struct surroundings;

struct session_args {
  std::shared_ptr<surroundings> world;
  domain::session_id id;
  domain::principal who;
  connection_ref connection;
  caf::execution_unit* home = nullptr; // nullptr: the scheduler's choice
};
/// It starts to run with its first message. Whoever spawns it puts it into the index
/// (node::open_session).
session_actor spawn_session(caf::actor_system& system, session_args args);

} // namespace actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::session_command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::session_detach)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::session_attach)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::session_attached)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::session_close)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::session_revoke)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::room_lost)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::session_view_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::session_view)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::session_tick)
