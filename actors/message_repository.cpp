#include "actors/repository_front.hpp"

namespace actors {

namespace {

class message_repository final : public repository_front<message_repository_actor> {
public:
  using repository_front::repository_front;
  const char* name() const override { return "message_repository"; }

  message_repository_actor::behavior_type make_behavior() override {
    return {
      [this](write_change& change) { return write(change); },
      [this](load_events& q) { return read<event_list>(q); },
      [this](load_messages& q) { return read<persistence::message_page>(q); },
      [this](find_message& q) { return read<found_message>(q); },
    };
  }
};

} // namespace

message_repository_actor
spawn_message_repository(caf::actor_system& system, std::shared_ptr<surroundings> world) {
  return system.spawn<message_repository>(std::move(world));
}

} // namespace actors
