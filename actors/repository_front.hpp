#pragma once

#include "actors/error.hpp"
#include "actors/inspected.hpp"
#include "actors/surroundings.hpp"
#include "domain/limits.hpp"

#include <caf/all.hpp>

#include <memory>
#include <utility>

namespace actors {

/// What the repositories have in common: pass a question on to a worker unless too many lie there.
/// The answer goes from the worker straight to who asked. It keeps nothing, so losing it loses
/// nothing.
template <class Handle>
class repository_front : public inspected<typename Handle::base> {
public:
  repository_front(caf::actor_config& config, std::shared_ptr<surroundings> world)
      : inspected<typename Handle::base>(config, &world->live), world_(std::move(world)) {}

protected:
  caf::result<persistence::written> write(write_change& change) {
    return pass<persistence::written>(world_->book.writer(), std::move(change));
  }
  template <class Answer, class Question>
  caf::result<Answer> read(Question& question) {
    return pass<Answer>(world_->book.reader(), std::move(question));
  }

private:
  template <class Answer, class Entry, class Question>
  caf::result<Answer> pass(const Entry& to, Question question) {
    if (!to.worker)
      return to_caf(
        {domain::errc::unavailable, "The database is not available", {}, std::chrono::seconds{1}});
    if (to.load->load(std::memory_order_relaxed) >= domain::limits::repository_queue)
      return to_caf(
        {domain::errc::overloaded, "The database is overloaded", {}, std::chrono::seconds{1}});
    ++*to.load;
    return this->delegate(
      to.worker, queued<Question>{std::move(question), world_->clock->steady()});
  }

  std::shared_ptr<surroundings> world_;
};

user_repository_actor
spawn_user_repository(caf::actor_system& system, std::shared_ptr<surroundings> world);
room_repository_actor
spawn_room_repository(caf::actor_system& system, std::shared_ptr<surroundings> world);
message_repository_actor
spawn_message_repository(caf::actor_system& system, std::shared_ptr<surroundings> world);

} // namespace actors
