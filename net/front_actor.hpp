#pragma once

#include "net/front.hpp"

#include <caf/event_based_actor.hpp>

namespace net {

/// The front of one shard as an actor, pinned to that shard: whoever answers it, it runs there.
class front_actor final : public caf::event_based_actor, public front {
public:
  front_actor(caf::actor_config& config, caf::execution_unit* home);
  const char* name() const override { return "front"; }
  caf::behavior make_behavior() override;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* where) override;

protected:
  caf::event_based_actor* self() override { return this; }

private:
  caf::execution_unit* home_;
};

} // namespace net
