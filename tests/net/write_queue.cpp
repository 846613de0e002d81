#include "net/write_queue.hpp"

#include "tests/net/allocations.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>
#include <sys/uio.h>

namespace {

net::frame_ptr raw(std::string bytes) {
  auto f = std::make_shared<net::frame>();
  f->bytes = std::move(bytes);
  return f;
}

std::string gathered(const net::write_queue& queue, std::size_t max = 64) {
  std::vector<iovec> parts(max);
  std::string out;
  for (std::size_t i = 0, n = queue.gather(parts.data(), max); i < n; ++i)
    out.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  return out;
}

} // namespace

TEST_CASE(
  "a write queue gives its bytes in order, however little is taken at a time",
  "[net][write_queue]") {
  std::mt19937 random{Catch::rngSeed()};
  for (auto round = 0; round < 200; ++round) {
    net::write_queue queue;
    std::string expected;
    std::string got;
    for (auto i = 0; i < 600; ++i) {
      auto bytes = std::string(random() % 20 + 1, static_cast<char>('a' + i % 26));
      expected += bytes;
      queue.push(raw(bytes));
      if (random() % 3 == 0) {
        auto front = gathered(queue);
        auto take = random() % (front.size() + 1);
        got += front.substr(0, take);
        queue.consume(take);
        REQUIRE(queue.bytes() == expected.size() - got.size());
      }
    }
    while (!queue.empty()) {
      auto front = gathered(queue);
      got += front;
      queue.consume(front.size());
    }
    REQUIRE(got == expected);
    REQUIRE(queue.bytes() == 0);
  }
}

TEST_CASE("what a turn usually brings allocates nothing", "[net][write_queue]") {
  net::write_queue queue;
  const auto one = raw("one");
  const auto turn = [&](int frames) {
    for (int i = 0; i < frames; ++i)
      queue.push(one, net::handling{});
    queue.consume(queue.bytes());
    queue.note_flushed();
  };
  const auto allocated_by = [&](int frames) {
    const auto before = support::allocations();
    turn(frames);
    return support::allocations() - before;
  };
  CHECK(allocated_by(1) == 0);
  CHECK(allocated_by(2) == 0);
  CHECK(allocated_by(50) > 0);
  CHECK(allocated_by(2) == 0);
  queue.push(one);
  CHECK(queue.hand_over().bytes() == 3);
  CHECK(allocated_by(2) == 0);
}

TEST_CASE("frames popped one by one leave the rest untouched", "[net][write_queue]") {
  net::write_queue queue;
  queue.push(raw("one"));
  queue.push(raw("two"));
  CHECK(queue.pop()->bytes == "one");
  CHECK(queue.bytes() == 3);
  CHECK(gathered(queue) == "two");
  CHECK(queue.pop()->bytes == "two");
  CHECK(queue.empty());
}

TEST_CASE("a queue that is handed over knows how much was left in it", "[net][write_queue]") {
  net::write_queue queue;
  queue.push(raw("one"));
  queue.push(raw("two"));
  queue.consume(4);
  queue.note_flushed();
  queue.push(raw("by class"), net::handling{});
  CHECK(queue.handed_over() == 0);
  const domain::steady_time now{std::chrono::seconds{5}};
  queue.note_blocked(now);
  queue.note_blocked(now + std::chrono::seconds{1});
  auto taken = queue.hand_over();
  CHECK(queue.empty());
  CHECK(queue.bytes() == 0);
  CHECK(queue.handed_over() == 10);
  CHECK(queue.blocked_since() == now);
  queue.note_unblocked();
  CHECK(queue.blocked_since() == domain::steady_time::max());
  CHECK(taken.bytes() == 10);
  CHECK(gathered(taken) == "wo");
}
