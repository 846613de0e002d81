#include "actors/room_body.hpp"

#include <utility>

namespace actors {

namespace {

domain::event_ptr event_of(const domain::logged_event& logged, const domain::topic& topic) {
  auto made = std::make_shared<domain::event>();
  made->name = logged.type;
  made->data = domain::shown_data(logged);
  made->topic = topic;
  made->seq = logged.seq;
  made->cls = domain::delivery_class::durable;
  made->at = logged.at;
  return made;
}

} // namespace

// Subscribed and answered in one turn, as for those who enter: nothing falls between what was
// missed and what comes. Whoever looks on need not be remembered: the topic outlives this actor.
void room::watch(entry& e, const std::vector<domain::logged_event>* missed, bool is_reset) {
  if (entering_.erase({e.question.session, e.number}) == 0) {
    e.answer.deliver(to_caf({domain::errc::unavailable, "The room was left meanwhile", {}, {}}));
    return;
  }
  args_.world->out->subscribe(e.question.connection, topic_);
  room_joined shown;
  shown.last_seq = log_.last_seq();
  shown.reset = is_reset;
  if (missed != nullptr)
    for (const auto& each : *missed)
      shown.missed.push_back(event_of(each, topic_));
  e.answer.deliver(std::move(shown));
}

} // namespace actors
