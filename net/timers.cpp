#include "net/timers.hpp"

#include <algorithm>

namespace net {

std::uint64_t timer_wheel::tick_of(domain::steady_time at) const {
  return static_cast<std::uint64_t>(at.time_since_epoch() / step_);
}

void timed::disarm() {
  if (wheel_ != nullptr)
    wheel_->unlink(*this);
}

void timer_wheel::ring::move_to(ring& other) {
  if (behind_ == this)
    return;
  other.behind_ = behind_;
  other.before_ = before_;
  other.behind_->before_ = other.before_->behind_ = &other;
  before_ = behind_ = this;
}

timer_wheel::~timer_wheel() {
  for (auto& slot : slots_)
    while (slot.behind_ != &slot)
      unlink(*slot.behind_);
}

void timer_wheel::arm(timed& who, domain::steady_time due) {
  who.disarm();
  who.tick_ = std::max(tick_of(due) + 1, now_ + 1);
  who.wheel_ = this;
  counted(1);
  link(who);
}

void timer_wheel::counted(std::int64_t n) {
  size_ += static_cast<std::size_t>(n);
  gauge_.add(n);
}

void timer_wheel::link(timed& who) {
  auto& slot = slots_[who.tick_ % slots];
  who.before_ = slot.before_;
  who.behind_ = &slot;
  slot.before_->behind_ = &who;
  slot.before_ = &who;
}

void timer_wheel::unlink(timed& who) {
  who.before_->behind_ = who.behind_;
  who.behind_->before_ = who.before_;
  who.before_ = who.behind_ = nullptr;
  who.wheel_ = nullptr;
  counted(-1);
}

void timer_wheel::advance(domain::steady_time now) {
  const auto last = tick_of(now);
  // After a long pause one turn of the wheel is enough: every slot holds what is due.
  auto at = std::max(now_ + 1, last - std::min(last, std::uint64_t{slots - 1}));
  now_ = std::max(now_, last); // first: what is armed meanwhile comes in a later call
  for (; at <= last; ++at) {
    // Taken out first: on_time may arm into this very slot, or destroy whoever comes next.
    ring due;
    slots_[at % slots].move_to(due);
    while (due.behind_ != &due) {
      auto& who = *due.behind_;
      unlink(who);
      if (who.tick_ <= last) {
        who.on_time(now);
        continue;
      }
      who.wheel_ = this; // of a later turn
      counted(1);
      link(who);
    }
  }
}

domain::steady_time timer_wheel::next() const {
  for (std::uint64_t ahead = 1; ahead <= slots; ++ahead) {
    const auto& slot = slots_[(now_ + ahead) % slots];
    if (slot.behind_ != &slot)
      return domain::steady_time{step_ * static_cast<std::int64_t>(now_ + ahead)};
  }
  return domain::steady_time::max();
}

void timers::arm(timed& who, domain::steady_time due) {
  wheel_.arm(who, due);
  if (due + wheel_.step() < wakes_at_)
    sleep_until(due + wheel_.step());
}

void timers::sleep_until(domain::steady_time due) {
  wakes_at_ = due;
  timer_.expires_at(std::chrono::time_point_cast<std::chrono::steady_clock::duration>(due));
  timer_.async_wait(
    [this, alive = std::weak_ptr<char>{alive_}](const boost::system::error_code& failed) {
      if (failed || alive.expired())
        return;
      wakes_at_ = domain::steady_time::max();
      wheel_.advance(std::chrono::steady_clock::now());
      if (wheel_.size() > 0) {
        const auto next = wheel_.next();
        if (next < wakes_at_)
          sleep_until(next);
      }
    });
}

} // namespace net
