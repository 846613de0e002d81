#include "actors/inspector.hpp"

#include "actors/error.hpp"
#include "actors/inspected.hpp"
#include "actors/surroundings.hpp"

#include <caf/all.hpp>

#include <utility>

namespace actors {

namespace {

constexpr std::chrono::seconds snapshot_time{
  2}; // a busy actor does not answer: that says something, too

class inspector final : public inspected<inspector_actor::base> {
public:
  inspector(caf::actor_config& config, std::shared_ptr<surroundings> world)
      : inspected(config, &world->live), world_(std::move(world)) {}

  const char* name() const override { return "inspector"; }
  std::string snapshot() const override {
    return R"({"actors":)" + std::to_string(world_->live.size()) + '}';
  }

  inspector_actor::behavior_type make_behavior() override {
    return {[this](const inspect_actor& question) -> caf::result<std::string> {
      const auto target = world_->live.handle(question.id);
      if (!target)
        return to_caf({domain::errc::not_found, "No such actor", {}, {}});
      auto answer = make_response_promise<std::string>();
      request<caf::message_priority::high>(target, snapshot_time, snapshot_query{})
        .then(
          [answer](std::string& text) mutable { answer.deliver(std::move(text)); },
          [answer](caf::error& why) mutable { answer.deliver(std::move(why)); });
      return answer;
    }};
  }

private:
  std::shared_ptr<surroundings> world_;
};

} // namespace

inspector_actor spawn_inspector(caf::actor_system& system, std::shared_ptr<surroundings> world) {
  return system.spawn<inspector>(std::move(world));
}

} // namespace actors
