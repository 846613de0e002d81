#pragma once

#include "domain/time.hpp"
#include "net/timer_gauge.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

namespace net {

class timer_wheel;

/// Has one deadline at a time. Costs a list node; nothing of it stays behind when it goes. One
/// thread.
class timed {
public:
  timed() = default;
  timed(const timed&) = delete;
  virtual ~timed() { disarm(); }
  /// The deadline has passed, and is no longer armed. May arm again, or destroy this.
  virtual void on_time(domain::steady_time now) = 0;
  bool is_armed() const { return wheel_ != nullptr; }
  void disarm();

protected:
  friend class timer_wheel;
  timed* before_ = nullptr;
  timed* behind_ = nullptr;

private:
  timer_wheel* wheel_ = nullptr;
  std::uint64_t tick_ = 0;
};

/// Deadlines of many connections in steps of a tick, all operations in constant time. Never early,
/// late by at most one tick.
class timer_wheel {
public:
  static constexpr std::chrono::milliseconds tick{50}; // unless another is asked for

  explicit timer_wheel(timer_gauge gauge = {}, std::chrono::milliseconds step = tick)
      : gauge_(std::move(gauge)), step_(step) {}
  ~timer_wheel();
  timer_wheel(const timer_wheel&) = delete;

  /// Replaces the deadline that `who` had.
  void arm(timed& who, domain::steady_time due);
  /// Calls on_time of everything due.
  void advance(domain::steady_time now);
  std::size_t size() const { return size_; }
  /// When advance() should be called next; an earlier call does no harm. Precondition: not empty.
  domain::steady_time next() const;
  std::chrono::milliseconds step() const { return step_; }

private:
  friend class timed;
  std::uint64_t tick_of(domain::steady_time at) const;
  static constexpr std::size_t slots = 1'024;

  struct ring final : timed {
    ring() { before_ = behind_ = this; }
    void on_time(domain::steady_time) override {}
    void move_to(ring& other);
  };
  void link(timed& who);
  void unlink(timed& who);
  void counted(std::int64_t n);

  std::array<ring, slots> slots_;
  std::uint64_t now_ = 0; // ticks handled
  std::size_t size_ = 0;
  timer_gauge gauge_;
  std::chrono::milliseconds step_;
};

/// A wheel turned by one Asio timer, which sleeps until something is due. Runs on its shard's
/// thread.
class timers {
public:
  explicit timers(
    boost::asio::io_context& io, timer_gauge gauge = {},
    std::chrono::milliseconds step = timer_wheel::tick)
      : wheel_(std::move(gauge), step), timer_(io) {}

  void arm(timed& who, domain::steady_time due);
  std::size_t size() const { return wheel_.size(); }

private:
  void sleep_until(domain::steady_time due);

  timer_wheel wheel_;
  boost::asio::steady_timer timer_;
  domain::steady_time wakes_at_ = domain::steady_time::max();
  std::shared_ptr<char> alive_ =
    std::make_shared<char>(); // a wait that is already due may outlive this
};

} // namespace net
