#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace actors {

struct surroundings;

/// The state of one live actor as JSON, asked for at high priority. Errors: not_found, retry
/// (busy).
struct inspect_actor {
  std::uint64_t id = 0;
};
using inspector_actor = caf::typed_actor<caf::replies_to<inspect_actor>::with<std::string>>;
inspector_actor spawn_inspector(caf::actor_system& system, std::shared_ptr<surroundings> world);

} // namespace actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::inspect_actor)
