#pragma once

#include "domain/broadcast.hpp"
#include "domain/error.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/typed_actor.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

// What goes to many at once by command, and what is known about it. In order of life:
namespace actors {

struct surroundings;

/// Sends a checked broadcast. Replied to when it was handed to the sessions of this node, or put
/// into a batch. Errors: overloaded.
struct broadcast_request {
  domain::broadcast what;
  domain::user_id by;
};
struct broadcast_sent {
  std::size_t recipients = 0; // sessions; not known of a batched one
  bool is_batched = false;
};
/// A broadcast that was not even asked for, for the statistics.
struct broadcast_refused {
  std::string event;
  domain::error why;
};

/// The statistics as JSON; with those of one room and one user, if they are named.
struct broadcast_stats_query {
  std::string room;
  std::string user;
};
struct broadcast_stats {
  std::string json;
};
struct broadcast_stats_reset {};

struct broadcast_counted { // its own: the receipt of one broadcast is complete
  std::uint64_t number = 0;
  std::size_t recipients = 0;
};
struct broadcast_batch_tick {};  // its own timer
struct broadcast_report_tick {}; // its own timer

using broadcaster_actor = caf::typed_actor<
  caf::replies_to<broadcast_request>::with<broadcast_sent>, caf::reacts_to<broadcast_refused>,
  caf::replies_to<broadcast_stats_query>::with<broadcast_stats>,
  caf::reacts_to<broadcast_stats_reset>, caf::reacts_to<broadcast_counted>,
  caf::reacts_to<broadcast_batch_tick>, caf::reacts_to<broadcast_report_tick>>;

broadcaster_actor spawn_broadcaster(caf::actor_system& system, std::shared_ptr<surroundings> world);

} // namespace actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::broadcast_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::broadcast_sent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::broadcast_refused)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::broadcast_stats_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::broadcast_stats)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::broadcast_stats_reset)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::broadcast_counted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::broadcast_batch_tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::broadcast_report_tick)
