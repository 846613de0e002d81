#pragma once

#include "domain/ports/clock.hpp"
#include "domain/ports/id_source.hpp"
#include "domain/ports/random.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace support {

/// Stands still until a test moves it. Any thread.
class fake_clock : public domain::clock {
public:
  explicit fake_clock(
    domain::timestamp start = domain::timestamp{std::chrono::milliseconds{1'764'000'000'000}})
      : wall_(start.time_since_epoch().count()) {}

  domain::timestamp now() const override {
    return domain::timestamp{std::chrono::milliseconds{wall_.load()}};
  }
  domain::steady_time steady() const override {
    return domain::steady_time{std::chrono::nanoseconds{steady_.load()}};
  }

  /// Both clocks go on together.
  void advance(std::chrono::milliseconds by) {
    wall_ += by.count();
    steady_ += std::chrono::nanoseconds{by}.count();
  }
  /// Somebody set the machine's clock; the steady one does not notice.
  void set_wall(domain::timestamp now) { wall_ = now.time_since_epoch().count(); }

private:
  std::atomic<std::int64_t> wall_;
  std::atomic<std::int64_t> steady_{std::chrono::nanoseconds{std::chrono::hours{1}}.count()};
};

/// usr_1, room_2, msg_3 … one count for all kinds, so that order of making shows. Any thread.
class counting_ids : public domain::id_source {
public:
  domain::user_id next_user() override { return domain::user_id{next("usr_")}; }
  domain::room_id next_room() override { return domain::room_id{next("room_")}; }
  domain::message_id next_message() override { return domain::message_id{next("msg_")}; }
  domain::session_id next_session() override { return domain::session_id{next("ses_")}; }

private:
  std::string next(const char* prefix) { return prefix + std::to_string(++count_); }
  std::atomic<std::uint64_t> count_{0};
};

/// token-1-xxxx …: different each time, as long as real ones. Any thread.
class counting_random : public domain::random {
public:
  std::string token(std::size_t bytes) override {
    auto text = "token-" + std::to_string(++count_) + '-';
    const auto length = (bytes * 4 + 2) / 3;
    text.append(length > text.size() ? length - text.size() : 0, 'x');
    return text;
  }

private:
  std::atomic<std::uint64_t> count_{0};
};

} // namespace support
