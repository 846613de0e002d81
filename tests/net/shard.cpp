#include "net/shard.hpp"

#include "net/shard_queue.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <vector>

namespace {

/// A shard whose deliveries go to nobody, and who was handed out.
struct stage {
  net::shard_queue queue;
  net::shard home{0, queue, nullptr, 1u << 20};
  std::vector<int> done;

  void deliver(int number, std::size_t bytes = 10) {
    auto e = std::make_shared<domain::event>();
    e->topic = "t";
    e->data.assign(bytes, 'x');
    auto counted =
      std::make_shared<actors::receipt>([this, number](std::size_t) { done.push_back(number); });
    home.push(net::shard::delivery{std::move(e), {std::move(counted)}});
  }
};

std::vector<int> numbers(int count) {
  std::vector<int> all;
  for (int i = 0; i < count; ++i)
    all.push_back(i);
  return all;
}

} // namespace

TEST_CASE("a turn hands out its share, and turns until nothing is left all of it", "[net][shard]") {
  constexpr int count = 5'000;
  stage s;
  for (int i = 0; i < count; ++i)
    s.deliver(i);
  REQUIRE(s.home.end_of_turn());
  CHECK(s.done.size() > 100);
  CHECK(s.done.size() < 2'000);
  s.deliver(count); // behind the rest
  int turns = 1;
  while (s.home.end_of_turn()) // as the end of the server does
    ++turns;
  CHECK(turns < 50);
  CHECK(s.done == numbers(count + 1));
  CHECK(s.home.waiting_bytes() == 0);
}

TEST_CASE("a share is no more than a quarter of a queue, but for one event", "[net][shard]") {
  stage s;
  for (int i = 0; i < 4; ++i)
    s.deliver(i, 200'000);
  s.deliver(4, 2u << 20);
  for (int i = 1; i <= 4; ++i) {
    CHECK(s.home.end_of_turn());
    CHECK(s.done == numbers(i));
  }
  CHECK_FALSE(s.home.end_of_turn());
  CHECK(s.done == numbers(5));
}

TEST_CASE("who must see all handed out does not wait for what comes meanwhile", "[net][shard]") {
  constexpr std::size_t count = 1'000;
  stage s;
  std::size_t handed_out = 0;
  const std::function<void()> deliver = [&] { // each brings the next
    auto e = std::make_shared<domain::event>();
    e->topic = "t";
    auto counted = std::make_shared<actors::receipt>([&](std::size_t) {
      if (++handed_out < count)
        deliver();
    });
    s.home.push(net::shard::delivery{std::move(e), {std::move(counted)}});
  };
  deliver();
  s.home.handle_orders();
  CHECK(handed_out >= 1);
  CHECK(handed_out < 10);
  while (s.home.end_of_turn()) {
  }
  CHECK(handed_out == count);
}

TEST_CASE("who must see all handed out need not wait for turns", "[net][shard]") {
  stage s;
  for (int i = 0; i < 5'000; ++i)
    s.deliver(i);
  s.home.end_of_turn();
  for (int i = 5'000; i < 6'000; ++i)
    s.deliver(i);
  s.home.handle_orders();
  CHECK(s.done == numbers(6'000));
  CHECK_FALSE(s.home.end_of_turn());
}
