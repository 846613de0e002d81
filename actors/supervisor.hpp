#pragma once

#include <caf/actor_control_block.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/typed_actor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace actors {

struct surroundings;

/// Ends the tree, top down: sessions, rooms, then the services behind them when what was accepted
/// is written.
struct stop_tree {};
struct restart_child {
  std::size_t index = 0;
};
struct supervisor_tick {};

using supervisor_actor = caf::typed_actor<
  caf::reacts_to<stop_tree>, caf::reacts_to<restart_child>, caf::reacts_to<supervisor_tick>>;

/// One supervised actor. `start` makes it, puts it into the address book, and is called again after
/// it failed.
struct child_plan {
  std::string name;
  std::function<caf::strong_actor_ptr()> start;
};

struct supervisor_args {
  std::shared_ptr<surroundings> world;
  std::vector<child_plan> children; // bottom up
  std::function<void()> stopped;    // everything has ended
};
/// Starts all children before it returns. Restarts a failed one after a pause; after
/// limits::restarts of them within restart_window it gives up (surroundings::give_up).
supervisor_actor spawn_supervisor(caf::actor_system& system, supervisor_args args);

} // namespace actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::stop_tree)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::restart_child)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::supervisor_tick)
