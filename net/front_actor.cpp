#include "net/front_actor.hpp"

#include <caf/all.hpp>

namespace net {

front_actor::front_actor(caf::actor_config& config, caf::execution_unit* home)
    : event_based_actor(config), home_(home) {
  set_default_handler(caf::drop);
}

caf::behavior front_actor::make_behavior() {
  return {[](caf::ok_atom) {}}; // it only asks; without a behavior it would end at once
}

void front_actor::enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) {
  event_based_actor::enqueue(std::move(what), home_);
}

} // namespace net
