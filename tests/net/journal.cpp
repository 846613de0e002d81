#include "net/journal.hpp"

#include "domain/limits.hpp"

#include <catch2/catch.hpp>

namespace {

using namespace std::chrono_literals;

domain::event_ptr event(
  std::string topic, domain::delivery_class cls = domain::delivery_class::ephemeral,
  std::size_t size = 2) {
  auto e = std::make_shared<domain::event>();
  e->topic = std::move(topic);
  e->data = std::string(size, ' ');
  e->cls = cls;
  return e;
}

std::vector<std::uint64_t> after(const net::journal& j, std::uint64_t position) {
  std::vector<std::uint64_t> seen;
  j.replay(position, [&](const net::journal::entry& e) { seen.push_back(e.position); });
  return seen;
}

} // namespace

TEST_CASE(
  "a journal replays what came after a position, without volatile events", "[net][journal]") {
  net::journal j;
  domain::steady_time now{};
  CHECK(j.add(event("a"), now) == 1);
  CHECK(j.add(event("b", domain::delivery_class::droppable), now) == 2);
  CHECK(j.add(event("c"), now) == 3);
  CHECK(after(j, 0) == std::vector<std::uint64_t>{1, 3});
  CHECK(after(j, 1) == std::vector<std::uint64_t>{3});
  CHECK(after(j, 3).empty());
  CHECK(j.reaches(0));
  CHECK(j.reaches(3));
  CHECK_FALSE(j.reaches(4)); // nobody was given that yet
}

TEST_CASE("a journal knows that it has forgotten", "[net][journal]") {
  net::journal j;
  domain::steady_time begin{};
  for (auto i = 0; i < 10; ++i)
    j.add(event("a"), begin + std::chrono::seconds{i});
  j.forget_before(begin + 5s);
  CHECK(j.size() == 5);
  CHECK_FALSE(j.reaches(4)); // event 5 is gone
  CHECK(j.reaches(5));
  CHECK(after(j, 5).size() == 5);
}

TEST_CASE("a journal is bounded in events and in bytes", "[net][journal]") {
  net::journal j;
  domain::steady_time now{};
  for (std::size_t i = 0; i < domain::limits::journal_events + 100; ++i)
    j.add(event("a"), now);
  CHECK(j.size() <= domain::limits::journal_events);
  CHECK_FALSE(j.reaches(0));
  net::journal heavy;
  for (auto i = 0; i < 100; ++i)
    heavy.add(event("a", domain::delivery_class::ephemeral, 1u << 20), now);
  CHECK(heavy.size() <= domain::limits::journal_bytes >> 20);
}

TEST_CASE("offsets are read back as written, and nothing else is an offset", "[net][journal]") {
  auto o = net::parse_offset(net::to_string({3, 12345678901234ULL}));
  REQUIRE(o);
  CHECK(o->shard == 3);
  CHECK(o->position == 12345678901234ULL);
  for (auto bad :
       {"", ".", "1", "1.", ".1", "a.1", "1.a", "1.2.3", "-1.2", "1.-2",
        "1.99999999999999999999999", " 1.2"})
    CHECK_FALSE(net::parse_offset(bad));
}
