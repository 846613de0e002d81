#include "net/shard_clock.hpp"

#include <boost/asio/post.hpp>
#include <caf/all.hpp>

#include <algorithm>

namespace net {

namespace {

bool later(const shard_timers::entry& a, const shard_timers::entry& b) {
  return a.due > b.due;
}

} // namespace

shard_timers::shard_timers(shard_queue& queue, caf::execution_unit* unit)
    : unit_(unit), timer_(queue.io()) {}

void shard_timers::add(entry e) {
  auto due = e.due;
  heap_.push_back(std::move(e));
  gauge_.add(1);
  std::push_heap(
    heap_.begin(), heap_.end(), later); // constant durations: nearly always stays where it is
  if (due < armed_for_)
    arm();
}

void shard_timers::clear() {
  timer_.cancel();
  gauge_.add(-static_cast<std::int64_t>(heap_.size()));
  heap_.clear();
}

void shard_timers::arm() {
  armed_for_ = heap_.front().due;
  timer_.expires_at(armed_for_);
  timer_.async_wait([this](const boost::system::error_code& failed) {
    if (!failed)
      fire();
  });
}

void shard_timers::fire() {
  armed_for_ = caf::actor_clock::time_point::max();
  auto now = std::chrono::steady_clock::now();
  while (!heap_.empty() && heap_.front().due <= now) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    auto e = std::move(heap_.back());
    heap_.pop_back();
    gauge_.add(-1);
    if (e.content == nullptr)
      e.content = caf::make_mailbox_element(
        e.whom, e.id, caf::no_stages, caf::make_error(caf::sec::request_timeout));
    e.whom->get()->enqueue(std::move(e.content), unit_);
  }
  if (!heap_.empty())
    arm();
}

void shard_clock::add_shard(shard_queue* queue, shard_timers* timers) {
  shards_.push_back({queue, timers});
}

void shard_clock::add(shard_timers::entry e) {
  auto* here = shard_queue::current();
  for (auto& at : shards_) {
    if (at.queue == here) {
      at.timers->add(std::move(e));
      return;
    }
  }
  // From a thread that is no shard (a detached worker): the first shard keeps it.
  auto* timers = shards_.front().timers;
  boost::asio::post(
    shards_.front().queue->io(), [timers, kept = std::make_shared<shard_timers::entry>(
                                            std::move(e))] { timers->add(std::move(*kept)); });
}

void shard_clock::set_ordinary_timeout(
  time_point t, caf::abstract_actor* self, caf::atom_value type, std::uint64_t id) {
  auto whom = caf::actor_cast<caf::strong_actor_ptr>(self);
  auto content = caf::make_mailbox_element(
    whom, caf::make_message_id(), caf::no_stages, caf::timeout_msg{type, id});
  add({t, std::move(whom), {}, std::move(content)});
}

void shard_clock::set_multi_timeout(
  time_point t, caf::abstract_actor* self, caf::atom_value type, std::uint64_t id) {
  set_ordinary_timeout(t, self, type, id);
}

void shard_clock::set_request_timeout(time_point t, caf::abstract_actor* self, caf::message_id id) {
  add({t, caf::actor_cast<caf::strong_actor_ptr>(self), id, nullptr});
}

void shard_clock::schedule_message(
  time_point t, caf::strong_actor_ptr receiver, caf::mailbox_element_ptr content) {
  add({t, std::move(receiver), {}, std::move(content)});
}

void shard_clock::schedule_message(
  time_point t, caf::group target, caf::strong_actor_ptr sender, caf::message content) {
  // Rare (Troupe itself uses no groups): a timer of its own.
  auto timer = std::make_shared<boost::asio::steady_timer>(shards_.front().queue->io(), t);
  timer->async_wait([timer, target, sender, content](const boost::system::error_code& failed) {
    if (!failed)
      target.get()->enqueue(sender, caf::make_message_id(), content, nullptr);
  });
}

} // namespace net
