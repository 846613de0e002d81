#include "net/shard_queue.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

namespace {

// The queue never looks at a job, so any pointer will do; no CAF code runs here.
caf::resumable* job(std::size_t n) {
  return reinterpret_cast<caf::resumable*>((n + 1) * 16);
}

} // namespace

TEST_CASE("a shard queue gives jobs in the order they came", "[net][shard]") {
  net::shard_queue queue;
  queue.adopt_thread();
  for (std::size_t i = 0; i < 500; ++i)
    queue.push(job(i));
  for (std::size_t i = 0; i < 500; ++i)
    REQUIRE(queue.next() == job(i));
}

TEST_CASE("a shard queue looks at its sockets while actors are busy", "[net][shard]") {
  net::shard_queue queue;
  queue.adopt_thread();
  auto handled = 0;
  for (auto i = 0; i < 10; ++i)
    boost::asio::post(queue.io(), [&] { ++handled; });
  queue.push(job(0));
  for (auto i = 0; i < 1'000; ++i) // one job that always comes back: never idle
    queue.push(queue.next());
  CHECK(handled == 10);
}

TEST_CASE("a shard queue runs actors while sockets are busy", "[net][shard]") {
  net::shard_queue queue;
  queue.adopt_thread();
  auto handled = 0;
  std::function<void()> again = [&] {
    ++handled;
    if (handled == 5)
      queue.push(job(7));
    boost::asio::post(queue.io(), again); // always another handler
  };
  boost::asio::post(queue.io(), again);
  CHECK(queue.next() == job(7));
  CHECK(handled < 5 + 64);
}

TEST_CASE("a turn ends when nothing is left, and also when work never ends", "[net][shard]") {
  net::shard_queue queue;
  queue.adopt_thread();
  auto ends = 0;
  queue.on_end_of_turn([&] {
    ++ends;
    return false;
  });
  queue.push(job(0));
  for (unsigned i = 0; i < 3 * net::shard_queue::steps_per_turn; ++i)
    queue.push(queue.next());
  CHECK(ends >= 2);
  CHECK(ends <= 4);

  REQUIRE(queue.next() == job(0)); // now it is empty
  ends = 0;
  boost::asio::steady_timer wake{queue.io(), std::chrono::milliseconds{5}};
  wake.async_wait([&](const boost::system::error_code&) { queue.push(job(1)); });
  CHECK(queue.next() == job(1));
  CHECK(ends >= 1);
}

TEST_CASE(
  "the end of a turn that did something is followed by another look before sleeping",
  "[net][shard]") {
  net::shard_queue queue;
  queue.adopt_thread();
  auto left = 3;
  queue.on_end_of_turn([&] {
    if (--left == 0)
      queue.push(job(9));
    return true;
  });
  CHECK(queue.next() == job(9));
}

TEST_CASE("a job that the end of a turn brings is run before the queue sleeps", "[net][shard]") {
  net::shard_queue queue;
  queue.adopt_thread();
  auto ends = 0;
  queue.on_end_of_turn([&] {
    if (++ends == 1)
      queue.push(job(9)); // as a receipt does that is let go there
    return false;
  });
  boost::asio::steady_timer rescue{queue.io(), std::chrono::milliseconds{100}};
  rescue.async_wait([](const boost::system::error_code&) {});
  CHECK(queue.next() == job(9));
  CHECK(queue.stats().sleeps == 0);
}

TEST_CASE(
  "a turn that shall end soon ends when the jobs that were ready have run", "[net][shard]") {
  net::shard_queue queue;
  queue.adopt_thread();
  std::vector<unsigned> ends;
  unsigned jobs = 0;
  queue.on_end_of_turn([&] {
    ends.push_back(jobs);
    if (ends.size() == 1)
      queue.end_turn_soon();
    return true;
  });
  for (std::size_t i = 0; i < 300; ++i)
    queue.push(job(i));
  queue.end_turn_soon();
  for (; jobs < 600; ++jobs)
    queue.push(queue.next());
  REQUIRE(ends.size() == 2);
  CHECK(ends[0] < net::shard_queue::steps_per_short_turn);
  CHECK(ends[1] - ends[0] >= 299);
  CHECK(ends[1] - ends[0] <= 301);
}

TEST_CASE(
  "a sleeping shard queue is woken by jobs from other threads, and loses none", "[net][shard]") {
  constexpr std::size_t producers = 4;
  constexpr std::size_t each = 20'000;
  net::shard_queue queue;
  std::vector<std::vector<std::size_t>> seen(producers);
  std::thread owner{[&] {
    queue.adopt_thread();
    for (std::size_t i = 0; i < producers * each; ++i) {
      auto n = reinterpret_cast<std::size_t>(queue.next()) / 16 - 1;
      seen[n / each].push_back(n % each);
    }
  }};
  std::vector<std::thread> threads;
  for (std::size_t p = 0; p < producers; ++p)
    threads.emplace_back([&, p] {
      for (std::size_t i = 0; i < each; ++i) {
        queue.push(job(p * each + i));
        if (i % 1'000 == 0)
          std::this_thread::yield(); // let the owner fall asleep now and then
      }
    });
  for (auto& t : threads)
    t.join();
  owner.join();
  for (auto& list : seen) {
    REQUIRE(list.size() == each);
    for (std::size_t i = 0; i < each; ++i)
      REQUIRE(list[i] == i); // each producer's order is kept
  }
  CHECK(queue.stats().remote == producers * each);
}

TEST_CASE("an idle shard queue sleeps instead of polling", "[net][shard]") {
  net::shard_queue queue;
  queue.adopt_thread();
  boost::asio::steady_timer wake{queue.io(), std::chrono::milliseconds{100}};
  wake.async_wait([&](const boost::system::error_code&) { queue.push(job(0)); });
  CHECK(queue.next() == job(0));
  CHECK(queue.stats().sleeps <= 2);
  CHECK(queue.stats().turns <= 3);
}
