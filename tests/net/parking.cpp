#include "net/parking.hpp"

#include "domain/limits.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using net::journal_offset;
using net::stretch;

namespace {

constexpr std::uint32_t here = 1, elsewhere = 0;
constexpr std::nullopt_t none = std::nullopt;

struct lot {
  std::size_t released = 0; // topics
  net::parking places{
    [this](const std::vector<domain::topic>& topics) { released += topics.size(); }};
  domain::steady_time now{};

  void put(const std::string& pid, std::size_t topics = 1, std::size_t bytes = 8) {
    places.put(pid, std::vector<domain::topic>(topics, std::string(bytes, 't')), {}, now += 1s);
  }
};

} // namespace

TEST_CASE("what a client misses begins after its offset", "[parking]") {
  const stretch known{.from = 100, .last = journal_offset{here, 120}, .until = 150};
  CHECK(known.missing_after(here, journal_offset{here, 110}) == 110);
  CHECK(known.missing_after(here, none) == 100); // it never received anything
  CHECK(known.missing_after(here, journal_offset{elsewhere, 110}) == none);
  CHECK(known.missing_after(here, journal_offset{here, 99}) == none); // before its time
}

TEST_CASE("who has all that it was sent misses what came after the connection", "[parking]") {
  stretch known{.from = 100, .last = journal_offset{here, 120}, .until = 150};
  CHECK(known.missing_after(here, journal_offset{here, 120}) == 150);
  known.last = none; // it was sent nothing
  CHECK(known.missing_after(here, none) == 150);
}

TEST_CASE("an offset of an earlier shard counts while nothing behind it arrived", "[parking]") {
  stretch known{
    .from = 100,
    .base = journal_offset{elsewhere, 7},
    .last = journal_offset{elsewhere, 7},
    .until = 150};
  CHECK(known.missing_after(here, journal_offset{elsewhere, 7}) == 150);
  known.last = journal_offset{here, 130};
  CHECK(known.missing_after(here, journal_offset{elsewhere, 7}) == 100);
  CHECK(
    known.missing_after(here, journal_offset{elsewhere, 6}) == none); // some of the replay was lost
  CHECK(known.missing_after(here, none) == none);
}

TEST_CASE("what was written out of order must lie before the offset", "[parking]") {
  stretch known{
    .from = 100, .last = journal_offset{here, 120}, .until = 150, .unordered_until = 115};
  CHECK(known.missing_after(here, journal_offset{here, 114}) == none);
  CHECK(known.missing_after(here, journal_offset{here, 115}) == 115);
  CHECK(known.missing_after(here, none) == none);
  known.unordered_until = 121; // behind the last that had an offset
  CHECK(known.missing_after(here, journal_offset{here, 120}) == none);
}

TEST_CASE("a session has one place, and gives back its topics once", "[parking]") {
  lot all;
  all.put("a", 3);
  all.put("a", 2); // came back and left again
  CHECK(all.released == 3);
  CHECK(all.places.size() == 1);
  all.places.release("a");
  all.places.release("a");
  CHECK(all.released == 5);
  CHECK(all.places.find("a") == nullptr);
  all.put("b");
  all.put("c");
  all.places.forget_before(all.now - 1s);
  CHECK(all.places.find("b") == nullptr);
  CHECK(all.places.find("c") != nullptr);
  CHECK(all.released == 6);
}

TEST_CASE("places are bounded in number and bytes, the oldest goes first", "[parking]") {
  lot many;
  for (std::size_t i = 0; i <= domain::limits::parked_sessions; ++i)
    many.put(std::to_string(i));
  CHECK(many.places.size() == domain::limits::parked_sessions);
  CHECK(many.places.find("0") == nullptr);
  CHECK(many.places.find("1") != nullptr);
  lot large;
  for (int i = 0; i < 400; ++i)
    large.put(std::to_string(i), 1'000, 256); // about 280 KB each
  CHECK(large.places.size() < 260);
  CHECK(large.places.size() > 200);
  CHECK(large.released == (400 - large.places.size()) * 1'000);
}

TEST_CASE("only what a session had when it went was kept for it", "[parking]") {
  lot all;
  all.places.put("pid", {"all", "user:u", "room:a"}, {}, all.now + 1s);
  const auto has_kept = [&](std::vector<domain::topic> topics) {
    return all.places.has_kept("pid", topics);
  };
  CHECK(has_kept({"room:a", "all", "user:u"}));
  CHECK(has_kept({"all"})); // it has left one since
  CHECK_FALSE(has_kept({"all", "user:u", "room:a", "room:b"}));
  all.places.release("pid");
  CHECK_FALSE(has_kept({"all"}));
}
