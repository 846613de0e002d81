#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/typed_actor.hpp>

#include <atomic>
#include <memory>

namespace actors {

struct surroundings;

/// Wakes the sessions whose time has come (session_index::due). Its own message.
struct sweep {};
/// Does a write that changes nothing, and notes in `storage_ready` whether it was stored.
struct probe_storage {};

using housekeeper_actor = caf::typed_actor<caf::reacts_to<sweep>, caf::reacts_to<probe_storage>>;

housekeeper_actor spawn_housekeeper(
  caf::actor_system& system, std::shared_ptr<surroundings> world,
  std::shared_ptr<std::atomic<bool>> storage_ready);

} // namespace actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::sweep)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::probe_storage)
