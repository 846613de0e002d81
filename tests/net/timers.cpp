#include "net/timers.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <memory>
#include <random>
#include <vector>

using namespace std::chrono_literals;

namespace {

struct bell final : net::timed {
  void on_time(domain::steady_time now) override {
    rung.push_back(now);
    if (then)
      then();
  }
  std::vector<domain::steady_time> rung;
  std::function<void()> then;
};

const domain::steady_time start{1'000'000s};

} // namespace

TEST_CASE("a deadline is kept, never early and late by one tick at most", "[net][timers]") {
  const auto step = GENERATE(50ms, 1ms);
  net::timer_wheel wheel{{}, step};
  wheel.advance(start);
  std::minstd_rand random{7};
  std::vector<std::pair<bell, domain::steady_time>> all(500);
  for (auto& [each, due] : all) {
    due = start + std::chrono::milliseconds{random() % 200'000}; // several turns of the wheel
    wheel.arm(each, due);
  }
  for (auto now = start; now < start + 201s; now += step)
    wheel.advance(now);
  for (const auto& [each, due] : all) {
    REQUIRE(each.rung.size() == 1);
    CHECK(each.rung.front() >= due);
    CHECK(each.rung.front() <= due + 2 * step);
  }
  CHECK(wheel.size() == 0);
}

TEST_CASE("a deadline that is replaced or taken back does not ring", "[net][timers]") {
  net::timer_wheel wheel;
  wheel.advance(start);
  bell moved, stopped;
  {
    bell gone;
    wheel.arm(gone, start + 1s);
    wheel.arm(moved, start + 1s);
    wheel.arm(moved, start + 5s);
    wheel.arm(stopped, start + 1s);
    CHECK(wheel.size() == 3);
    stopped.disarm();
  }
  CHECK(wheel.size() == 1);
  wheel.advance(start + 4s);
  CHECK(moved.rung.empty());
  CHECK(moved.is_armed());
  wheel.advance(start + 6s);
  CHECK(moved.rung.size() == 1);
  CHECK_FALSE(moved.is_armed());
  CHECK(stopped.rung.empty());
}

TEST_CASE("a bell may arm itself again and destroy its neighbours", "[net][timers]") {
  net::timer_wheel wheel;
  wheel.advance(start);
  bell again;
  auto neighbour = std::make_unique<bell>();
  again.then = [&] {
    neighbour.reset();
    wheel.arm(again, start + 1s);
  };
  wheel.arm(again, start + 1s);
  wheel.arm(*neighbour, start + 1s);
  wheel.advance(start + 2s);
  CHECK(neighbour == nullptr);
  CHECK(again.rung.size() == 1);
  wheel.advance(start + 3s);
  CHECK(again.rung.size() == 2);
}

TEST_CASE("after a long pause everything due rings once", "[net][timers]") {
  net::timer_gauge shown;
  net::timer_wheel wheel{shown};
  wheel.advance(start);
  std::vector<bell> all(100);
  for (std::size_t i = 0; i < all.size(); ++i)
    wheel.arm(all[i], start + std::chrono::seconds{i});
  wheel.advance(start + 10s);
  CHECK(shown.value() == static_cast<std::int64_t>(wheel.size()));
  CHECK(shown.value() > 0);
  wheel.advance(start + 24h);
  CHECK(shown.value() == 0);
  for (const auto& each : all)
    CHECK(each.rung.size() == 1);
}

TEST_CASE("the wheel says when it wants to be turned", "[net][timers]") {
  net::timer_wheel wheel;
  wheel.advance(start);
  bell one;
  wheel.arm(one, start + 7s);
  for (auto turns = 0; one.rung.empty(); ++turns) {
    REQUIRE(turns < 3);
    wheel.advance(wheel.next());
  }
  CHECK(one.rung.front() >= start + 7s);
}

TEST_CASE("deadlines may outlive their wheel", "[net][timers]") {
  bell left;
  {
    net::timer_wheel wheel;
    wheel.arm(left, start);
  }
  CHECK_FALSE(left.is_armed());
}

TEST_CASE("timers sleep until something is due", "[net][timers]") {
  boost::asio::io_context io;
  net::timers clock{io};
  bell late, soon;
  const auto begin = std::chrono::steady_clock::now();
  clock.arm(late, begin + 150ms);
  clock.arm(soon, begin + 10ms); // earlier than what it sleeps for
  while (late.rung.empty() && io.run_one() > 0) {
  }
  REQUIRE(soon.rung.size() == 1);
  CHECK(soon.rung.front() >= begin + 10ms);
  CHECK(late.rung.front() >= begin + 150ms);
  CHECK(io.run() == 0); // nothing left to wait for
}
