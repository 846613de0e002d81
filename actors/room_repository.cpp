#include "actors/repository_front.hpp"

namespace actors {

namespace {

class room_repository final : public repository_front<room_repository_actor> {
public:
  using repository_front::repository_front;
  const char* name() const override { return "room_repository"; }

  room_repository_actor::behavior_type make_behavior() override {
    return {
      [this](write_change& change) { return write(change); },
      [this](find_room& q) { return read<found_room>(q); },
      [this](find_member& q) { return read<found_member>(q); },
      [this](list_rooms& q) { return read<persistence::room_page>(q); },
      [this](list_members& q) { return read<member_list>(q); },
    };
  }
};

} // namespace

room_repository_actor
spawn_room_repository(caf::actor_system& system, std::shared_ptr<surroundings> world) {
  return system.spawn<room_repository>(std::move(world));
}

} // namespace actors
