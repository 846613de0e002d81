#include "net/conflation.hpp"

#include "net/tracer.hpp"

#include <catch2/catch.hpp>

namespace {

net::shard::order keyed(
  const std::string& name, const std::string& topic, const std::string& key,
  domain::priority p = domain::priority::normal) {
  auto e = std::make_shared<domain::event>();
  e->name = name;
  e->topic = topic;
  e->key = key;
  e->priority = p;
  return net::shard::delivery{std::move(e), {}};
}

std::string names(const std::vector<net::shard::order>& orders) {
  std::string out;
  for (const auto& each : orders) {
    const auto* d = std::get_if<net::shard::delivery>(&each);
    out += d == nullptr ? "|" : d->what == nullptr ? "." : d->what->name;
    out += ' ';
  }
  return out;
}

} // namespace

TEST_CASE("of one turn's events with a key the newest is left, in the oldest place", "[net]") {
  std::vector<net::shard::order> orders;
  orders.push_back(keyed("a1", "t", "a"));
  orders.push_back(keyed("x", "t", ""));
  orders.push_back(keyed("b1", "t", "b"));
  orders.push_back(keyed("a2", "t", "a"));
  orders.push_back(keyed("y", "t", ""));
  orders.push_back(keyed("u1", "u", "a"));
  orders.push_back(keyed("a3", "t", "a"));
  CHECK(net::conflate(orders) == 2);
  CHECK(names(orders) == "a3 x b1 . y u1 . ");
}

TEST_CASE("a trace is told of each event that a newer one replaced", "[net][trace]") {
  net::tracer trace;
  std::vector<std::string> lines;
  const auto keep = [&](std::string line) { lines.push_back(std::move(line)); };
  REQUIRE(trace.start({net::trace_target::kind::room, "r"}, "boss", false, keep));
  std::vector<net::shard::order> orders;
  orders.push_back(keyed("a1", "room:r", "a"));
  orders.push_back(keyed("a1", "room:other", "a"));
  orders.push_back(keyed("a2", "room:r", "a"));
  orders.push_back(keyed("a2", "room:other", "a"));
  CHECK(net::conflate(orders, &trace) == 2);
  REQUIRE(lines.size() == 1);
  CHECK(
    lines[0].find(R"("event":"a1","topic":"room:r","key":"a","rule":"conflated")")
    != lines[0].npos);
}

TEST_CASE("no event is moved over a subscription or into another class", "[net]") {
  std::vector<net::shard::order> orders;
  orders.push_back(keyed("a1", "t", "a"));
  orders.push_back(net::shard::subscription{{}, "t", true});
  orders.push_back(keyed("a2", "t", "a"));
  orders.push_back(keyed("a3", "t", "a", domain::priority::low));
  CHECK(net::conflate(orders) == 0);
  CHECK(names(orders) == "a1 | a2 a3 ");
}

TEST_CASE("who sent the older event is told of the newer one's receivers", "[net]") {
  std::size_t first = 99, second = 99;
  std::vector<net::shard::order> orders;
  orders.push_back(keyed("a1", "t", "a"));
  orders.push_back(keyed("a2", "t", "a"));
  std::get<net::shard::delivery>(orders[0]).receipts.push_back(
    std::make_shared<actors::receipt>([&](std::size_t n) { first = n; }));
  std::get<net::shard::delivery>(orders[1]).receipts.push_back(
    std::make_shared<actors::receipt>([&](std::size_t n) { second = n; }));
  net::conflate(orders);
  for (const auto& each : std::get<net::shard::delivery>(orders[0]).receipts)
    each->add(3);
  orders.clear();
  CHECK(first == 3);
  CHECK(second == 3);
}
