#include "actors/repository_front.hpp"

namespace actors {

namespace {

class user_repository final : public repository_front<user_repository_actor> {
public:
  using repository_front::repository_front;
  const char* name() const override { return "user_repository"; }

  user_repository_actor::behavior_type make_behavior() override {
    return {
      [this](write_change& change) { return write(change); },
      [this](find_user& q) { return read<found_user>(q); },
      [this](find_login& q) { return read<found_login>(q); },
      [this](find_answer& q) { return read<found_answer>(q); },
    };
  }
};

} // namespace

user_repository_actor
spawn_user_repository(caf::actor_system& system, std::shared_ptr<surroundings> world) {
  return system.spawn<user_repository>(std::move(world));
}

} // namespace actors
