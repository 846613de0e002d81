#include "net/order_queue.hpp"

#include "domain/limits.hpp"

#include <catch2/catch.hpp>

namespace {

constexpr auto bytes_max = domain::limits::shard_queue_bytes_max;

net::shard::order event(
  const std::string& name, std::size_t bytes = 0,
  domain::delivery_class cls = domain::delivery_class::ephemeral, const std::string& key = {}) {
  auto e = std::make_shared<domain::event>();
  e->name = name;
  e->data.assign(bytes, 'x');
  e->topic = "t";
  e->cls = cls;
  e->key = key;
  return net::shard::delivery{std::move(e), {}};
}

net::shard::order volatile_event(const std::string& name) {
  return event(name, 100, domain::delivery_class::droppable);
}

/// Works off the batch.
std::string handed_out(net::order_queue& q, std::size_t max = 1'000'000) {
  std::string names;
  for (std::size_t i = 0; i < max && !q.is_done(); ++i) {
    const auto& first = q.rest().front();
    if (const auto* d = std::get_if<net::shard::delivery>(&first))
      names += d->what == nullptr ? "." : d->what->name;
    else
      names += "|";
    q.done(1);
  }
  return names;
}

} // namespace

TEST_CASE("a shard's orders keep their order, however slowly they are worked off", "[net]") {
  net::order_queue q;
  CHECK(q.push(event("a")));
  CHECK_FALSE(q.push(net::shard::subscription{{}, "t", true}));
  CHECK_FALSE(q.push(event("b")));
  CHECK(q.take() == 0);
  CHECK(handed_out(q, 1) == "a");
  CHECK(q.push(event("c")));
  CHECK(q.has_more());
  CHECK(q.take() == 0); // there is a batch still
  CHECK(handed_out(q) == "|b");
  CHECK(q.take() == 0);
  CHECK(handed_out(q) == "c");
  CHECK_FALSE(q.has_more());
  CHECK(q.bytes() == 0);
}

TEST_CASE("what is replaced by a newer event counts until its batch is done", "[net]") {
  net::order_queue q;
  for (auto i = 0; i < 3; ++i)
    q.push(event(std::to_string(i), 1'000, domain::delivery_class::ephemeral, "k"));
  q.push(event("x", 1'000));
  CHECK(q.take() == 2);
  CHECK(handed_out(q) == "2..x");
  CHECK(q.bytes() == 0);
}

TEST_CASE("from half of the bound on volatile events are dropped, nothing else ever", "[net]") {
  net::order_queue q;
  q.push(event("a", bytes_max / 2));
  CHECK_FALSE(q.is_full());
  CHECK_FALSE(q.push(volatile_event("v")));
  q.push(volatile_event("v"));
  auto counted = volatile_event("n"); // somebody waits for how many got it
  std::get<net::shard::delivery>(counted).receipts.push_back(
    std::make_shared<actors::receipt>([](std::size_t) {}));
  q.push(std::move(counted));
  q.push(event("b", bytes_max / 2));
  CHECK(q.is_full());
  q.push(event("c", bytes_max, domain::delivery_class::durable));
  q.take();
  CHECK(handed_out(q) == "anbc");
  CHECK(q.take_dropped() == std::map<domain::topic, std::uint32_t>{{"t", 2}});
  CHECK(q.take_dropped().empty());
  CHECK(q.bytes() == 0);
  q.push(volatile_event("v"));
  q.take();
  CHECK(handed_out(q) == "v");
}

TEST_CASE("dropped events are more to do, though nothing waits", "[net]") {
  net::order_queue q;
  q.push(event("a", bytes_max));
  q.take();
  q.push(volatile_event("v"));
  CHECK(handed_out(q) == "a");
  CHECK(q.has_more());
  q.take();
  CHECK(q.is_done());
  CHECK(q.take_dropped().at("t") == 1);
  CHECK_FALSE(q.has_more());
}
