#include "actors/batching_outbox.hpp"

#include <utility>

namespace actors {

void batching_outbox::add(const domain::event_ptr& what) {
  std::lock_guard guard{mutex_};
  send(book_.add(what, now()));
}

void batching_outbox::flush_due() {
  std::lock_guard guard{mutex_};
  send(book_.take_due(now()));
}

void batching_outbox::flush_all() {
  std::lock_guard guard{mutex_};
  send(book_.take_all(clock_.now()));
}

std::optional<domain::steady_time> batching_outbox::next_due() const {
  std::lock_guard guard{mutex_};
  return book_.next_due();
}

void batching_outbox::deliver(domain::event_ptr what, receipt_ptr counted) {
  if (open() > 0) {
    std::lock_guard guard{mutex_};
    send(book_.take_touching(*what, clock_.now()));
  }
  inner_.deliver(std::move(what), std::move(counted));
}

void batching_outbox::subscribe(const connection_ref& who, const domain::topic& topic) {
  flush(topic); // it was not for those who come later
  inner_.subscribe(who, topic);
}

void batching_outbox::unsubscribe(const connection_ref& who, const domain::topic& topic) {
  flush(topic);
  inner_.unsubscribe(who, topic);
}

void batching_outbox::flush(const domain::topic& topic) {
  if (open() == 0)
    return;
  std::lock_guard guard{mutex_};
  send(book_.take_touching(topic, clock_.now()));
}

void batching_outbox::send(const std::vector<domain::event_ptr>& events) {
  for (const auto& each : events) {
    counters_->batches.fetch_add(1, std::memory_order_relaxed);
    inner_.deliver(each, std::make_shared<receipt>([counters = counters_](std::size_t sessions) {
                     counters->recipients.fetch_add(sessions, std::memory_order_relaxed);
                   }));
  }
  open_.store(book_.open(), std::memory_order_release); // only now may others go past
}

} // namespace actors
