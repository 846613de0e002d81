#include "net/class_queue.hpp"

#include "domain/limits.hpp"
#include "net/write_queue.hpp"
#include "tests/support/seed.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <sys/uio.h>
#include <vector>

using domain::priority;

namespace {

net::frame_ptr raw(std::string bytes) {
  auto f = std::make_shared<net::frame>();
  f->bytes = std::move(bytes);
  return f;
}

std::shared_ptr<const domain::topic> topic(std::string name) {
  return std::make_shared<const domain::topic>(std::move(name));
}

net::handling as(priority p) {
  return {.priority = p};
}

void push(net::class_queue& q, const std::string& bytes, const net::handling& how) {
  const auto f = raw(bytes);
  q.push({&f, 1}, how);
}

/// All that is left, unit by unit.
std::vector<std::string> drained(net::class_queue& q) {
  std::vector<std::string> out;
  while (!q.empty()) {
    std::vector<net::frame_ptr> taken;
    q.take(taken, 1, 1);
    std::string unit;
    for (const auto& each : taken)
      unit += each->bytes;
    out.push_back(unit);
  }
  return out;
}

/// The same rules without any care for speed: a list in the order of arrival.
struct model {
  struct item {
    std::string bytes;
    priority cls{};
    bool is_volatile = false;
    std::string key;
    std::string topic;
  };
  std::vector<item> items;
  std::size_t overtakes = 0;

  void push(item what) {
    if (!what.key.empty())
      for (auto i = items.begin(); i != items.end(); ++i)
        if (i->key == what.key && i->topic == what.topic) {
          if (i->cls == what.cls) {
            *i = what;
            return;
          }
          items.erase(i);
          break;
        }
    items.push_back(std::move(what));
  }
  std::string take() {
    auto highest = std::min_element(
      items.begin(), items.end(), [](const item& a, const item& b) { return a.cls < b.cls; });
    if (highest != items.begin() && items.front().cls != highest->cls)
      if (++overtakes > domain::limits::overtakes_max) {
        overtakes = 0;
        highest = items.begin();
      }
    auto bytes = highest->bytes;
    items.erase(highest);
    return bytes;
  }
  std::vector<item> drop_volatile() {
    std::vector<item> gone;
    for (const auto& each : items)
      if (each.is_volatile)
        gone.push_back(each);
    std::erase_if(items, [](const item& each) { return each.is_volatile; });
    return gone;
  }
  item drop_oldest(priority p) {
    const auto found =
      std::find_if(items.begin(), items.end(), [p](const item& each) { return each.cls == p; });
    auto gone = *found;
    items.erase(found);
    return gone;
  }
  bool has(priority p) const {
    return std::any_of(items.begin(), items.end(), [p](const item& each) { return each.cls == p; });
  }
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const auto& each : items)
      sum += each.bytes.size();
    return sum;
  }
};

} // namespace

TEST_CASE("a backlog is written by class, in order within each", "[net][class_queue]") {
  net::class_queue q;
  push(q, "n1", as(priority::normal));
  push(q, "b1", as(priority::background));
  push(q, "c1", as(priority::critical));
  push(q, "l1", as(priority::low));
  push(q, "h1", as(priority::high));
  push(q, "n2", as(priority::normal));
  push(q, "c2", as(priority::critical));
  CHECK(drained(q) == std::vector<std::string>{"c1", "c2", "h1", "n1", "n2", "l1", "b1"});
}

TEST_CASE("a lower class is written now and then, whatever comes above it", "[net][class_queue]") {
  net::class_queue q;
  push(q, "background", as(priority::background));
  push(q, "low", as(priority::low));
  std::vector<std::string> out;
  for (std::size_t i = 0; i < 3 * domain::limits::overtakes_max; ++i) {
    push(q, "c", as(priority::critical));
    push(q, "c", as(priority::critical));
    std::vector<net::frame_ptr> taken;
    q.take(taken, 1, 1);
    out.push_back(taken.front()->bytes);
  }
  const auto at = [&](const char* what) {
    return static_cast<std::size_t>(std::find(out.begin(), out.end(), what) - out.begin());
  };
  CHECK(at("background") == domain::limits::overtakes_max); // the oldest first
  CHECK(at("low") == 2 * domain::limits::overtakes_max + 1);
}

TEST_CASE(
  "of a topic and key the newest is kept, in the place of the oldest", "[net][class_queue]") {
  net::class_queue q;
  const auto keyed = [](const char* of, const char* key, priority p = priority::normal) {
    return net::handling{.priority = p, .topic = topic(of), .key = key};
  };
  push(q, "a1", keyed("t", "a"));
  push(q, "x", as(priority::normal));
  push(q, "b1", keyed("t", "b"));
  push(q, "u1", keyed("u", "a"));
  push(q, "a2", keyed("t", "a"));
  push(q, "a3-longer", keyed("t", "a"));
  CHECK(q.units() == 4);
  CHECK(q.bytes() == 9 + 1 + 2 + 2);
  push(q, "b2", keyed("t", "b", priority::low)); // another class: it goes there
  CHECK(drained(q) == std::vector<std::string>{"a3-longer", "x", "u1", "b2"});
  push(q, "a4", keyed("t", "a")); // what was taken is forgotten
  CHECK(drained(q) == std::vector<std::string>{"a4"});
}

TEST_CASE("frames of one packet stay together", "[net][class_queue]") {
  net::class_queue q;
  const std::vector<net::frame_ptr> packet{raw("head"), raw("+1"), raw("+2")};
  q.push(packet, as(priority::low));
  push(q, "c", as(priority::critical));
  CHECK(q.bytes() == 9);
  std::vector<net::frame_ptr> taken;
  CHECK(q.take(taken, 2, 1'000) == 8 + 1); // a packet is not cut at the bound
  CHECK(taken.size() == 4);
  q.push(packet, as(priority::low));
  CHECK(q.drop_oldest(priority::low).bytes == 8);
  CHECK(q.empty());
}

TEST_CASE("a class queue does what a plain list would", "[net][class_queue]") {
  const auto seed = support::test_seed();
  INFO("TROUPE_TEST_SEED=" << seed);
  support::dice dice{seed};
  const std::vector<std::string> topics{"room:a", "room:b"};
  const std::vector<std::string> keys{"", "", "", "k1", "k2"};
  std::map<std::string, std::shared_ptr<const domain::topic>> shared;
  for (const auto& each : topics)
    shared[each] = topic(each);
  for (int round = 0; round < 200; ++round) {
    net::class_queue q;
    model m;
    const auto push_more_than_take = dice.below(3) + 1;
    for (int step = 0; step < 400; ++step) {
      const auto what = dice.below(10);
      if (what <= 4 + push_more_than_take) {
        model::item item{
          std::to_string(step) + std::string(dice.below(9), '.'),
          static_cast<priority>(dice.below(5)), dice.one_in(4), dice.pick(keys), dice.pick(topics)};
        push(
          q, item.bytes,
          {.priority = item.cls,
           .is_volatile = item.is_volatile,
           .topic = shared[item.topic],
           .key = item.key});
        m.push(item);
      } else if (what < 9) {
        if (m.items.empty())
          continue;
        std::vector<net::frame_ptr> taken;
        q.take(taken, dice.below(4) + 1, dice.below(30));
        for (const auto& each : taken)
          REQUIRE(each->bytes == m.take());
      } else if (dice.one_in(4)) {
        auto gone = q.drop_volatile();
        REQUIRE(gone.size() == m.drop_volatile().size());
        REQUIRE_FALSE(q.has_volatile());
      } else {
        const auto p = static_cast<priority>(3 + dice.below(2));
        REQUIRE(q.has(p) == m.has(p));
        if (!m.has(p))
          continue;
        const auto gone = q.drop_oldest(p);
        const auto expected = m.drop_oldest(p);
        REQUIRE(*gone.topic == expected.topic);
        REQUIRE(gone.bytes == expected.bytes.size());
      }
      REQUIRE(q.units() == m.items.size());
      REQUIRE(q.bytes() == m.bytes());
      REQUIRE(q.empty() == m.items.empty());
    }
    for (const auto& each : drained(q))
      REQUIRE(each == m.take());
    REQUIRE(m.items.empty());
  }
}

// -- inside a write queue -------------------------------------------------------------------------

namespace {

std::string written(net::write_queue& q, std::size_t most) {
  std::string out;
  iovec parts[64];
  while (!q.empty() && most > 0) {
    const auto n = q.gather(parts, 64);
    std::size_t size = 0;
    for (std::size_t i = 0; i < n && size < most; ++i) {
      const auto part = std::min(parts[i].iov_len, most - size);
      out.append(static_cast<const char*>(parts[i].iov_base), part);
      size += part;
    }
    q.consume(size);
    most -= size;
  }
  return out;
}

} // namespace

TEST_CASE("without a backlog all leaves as it came", "[net][write_queue]") {
  net::write_queue q;
  q.push(raw("normal "), as(priority::normal));
  q.push(raw("critical "), as(priority::critical));
  CHECK(q.waiting() == nullptr);
  CHECK(written(q, 100) == "normal critical ");
  q.note_flushed();
  CHECK_FALSE(q.has_backlog());
}

TEST_CASE("a part-sent frame stays in front of what comes later", "[net][write_queue]") {
  net::write_queue q;
  q.push(raw("first "), as(priority::normal));
  CHECK(written(q, 2) == "fi");
  q.note_flushed();
  REQUIRE(q.has_backlog());
  q.push(raw("low "), as(priority::low));
  q.push(raw("critical "), as(priority::critical));
  q.push(raw("pong ")); // control frames do not wait behind a backlog
  CHECK(q.bytes() == 4 + 4 + 9 + 5);
  CHECK(written(q, 100) == "rst pong critical low ");
  CHECK_FALSE(q.has_backlog());
  CHECK(q.bytes() == 0);
}

TEST_CASE("a close frame goes behind all classes", "[net][write_queue]") {
  net::write_queue q;
  q.push(raw("first "), as(priority::normal));
  q.note_flushed();
  q.push(raw("low "), as(priority::low));
  q.push(raw("high "), as(priority::high));
  q.push(raw("\x88"));
  CHECK(q.waiting() == nullptr);
  CHECK(written(q, 100) == "first high low \x88");
}

TEST_CASE("the last word goes behind all classes", "[net][write_queue]") {
  net::write_queue q;
  q.push_last(raw("alone "));
  q.push(raw("first "), as(priority::normal));
  q.note_flushed();
  q.push(raw("low "), as(priority::low));
  q.push(raw("high "), as(priority::high));
  q.push_last(raw("end"));
  CHECK(q.waiting() == nullptr);
  CHECK(written(q, 100) == "alone first high low end");
}

TEST_CASE("what changes hands takes its classes along", "[net][write_queue]") {
  net::write_queue q;
  q.push(raw("first "), as(priority::normal));
  q.note_flushed();
  q.push(raw("low "), as(priority::low));
  net::write_queue other = std::move(q);
  q.clear();
  CHECK(q.empty());
  CHECK_FALSE(q.has_backlog());
  other.push(raw("high "), as(priority::high));
  CHECK(written(other, 100) == "first high low ");
}

TEST_CASE("packets popped one by one come by class too", "[net][write_queue]") {
  net::write_queue q;
  q.push(raw("first"), as(priority::normal));
  q.note_flushed(); // no request waits for packets
  q.push(raw("normal"), as(priority::normal));
  q.push(raw("critical"), as(priority::critical));
  std::vector<std::string> out;
  while (!q.empty())
    out.push_back(q.pop()->bytes);
  CHECK(out == std::vector<std::string>{"first", "critical", "normal"});
  CHECK_FALSE(q.has_backlog());
}

TEST_CASE(
  "only a bounded part of a backlog is out of reach of a higher class", "[net][write_queue]") {
  net::write_queue q;
  q.push(raw("first"), as(priority::normal));
  q.note_flushed();
  constexpr auto many = 4 * domain::limits::committed_frames;
  for (std::size_t i = 0; i < many; ++i)
    q.push(raw("n"), as(priority::normal));
  CHECK(written(q, 5) == "first"); // and what follows is committed
  q.push(raw("C"), as(priority::critical));
  const auto rest = written(q, 10'000);
  CHECK(rest.size() == many + 1);
  CHECK(rest.find('C') == domain::limits::committed_frames);
}
