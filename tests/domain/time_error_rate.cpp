#include "domain/error.hpp"
#include "domain/rate_limit.hpp"
#include "domain/time.hpp"
#include "tests/support/seed.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <set>

using namespace domain;
using namespace std::chrono_literals;

namespace {
timestamp at_ms(std::int64_t ms) {
  return timestamp{std::chrono::milliseconds{ms}};
}
constexpr steady_time start{1h};
} // namespace

TEST_CASE("times are written in ISO 8601 with milliseconds", "[time]") {
  CHECK(to_iso8601(at_ms(0)) == "1970-01-01T00:00:00.000Z");
  CHECK(to_iso8601(at_ms(1'709'210'096'007)) == "2024-02-29T12:34:56.007Z");
  CHECK(to_iso8601(at_ms(-1)) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("times are read with any fraction and offset", "[time]") {
  CHECK(parse_iso8601("2024-02-29T12:34:56.007Z") == at_ms(1'709'210'096'007));
  CHECK(parse_iso8601("2024-02-29T12:34:56Z") == at_ms(1'709'210'096'000));
  CHECK(parse_iso8601("2024-02-29t12:34:56.0079999z") == at_ms(1'709'210'096'007));
  CHECK(parse_iso8601("2024-02-29T12:34:56.5+01:30") == at_ms(1'709'204'696'500));
  CHECK(parse_iso8601("2024-02-29T12:34:56-00:30") == at_ms(1'709'211'896'000));
  for (const char* text :
       {"", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z",
        "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z",
        "2024-01-01T00:00:00", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00Zx", "2024-01-01T00:00:00+1:00", "24-01-01T00:00:00Z",
        "+2024-01-01T00:00:00Z", "2024-01-01"})
    CHECK_FALSE(parse_iso8601(text));
}

TEST_CASE("every time that is written can be read back", "[time][property]") {
  const auto seed = support::test_seed();
  INFO("TROUPE_TEST_SEED=" << seed);
  support::dice dice{seed};
  for (int i = 0; i < 20'000; ++i) {
    const auto at = at_ms(static_cast<std::int64_t>(dice.below(253'402'300'800'000)));
    REQUIRE(parse_iso8601(to_iso8601(at)) == at);
  }
}

TEST_CASE("every error has one row with its own name and a fitting status", "[error]") {
  std::set<std::string_view> names;
  for (const auto& row : error_table()) {
    CHECK(&describe(row.code) == &row);
    CHECK(names.insert(row.wire_name).second);
    const bool is_refusal = row.code != errc::none;
    CHECK((row.http_status >= 400) == is_refusal);
    if (row.retryable)
      CHECK((row.http_status == 429 || row.http_status == 503));
  }
  CHECK(describe(errc::rate_limited).http_status == 429);
  CHECK(describe(errc::idempotency_mismatch).http_status == 422);
  CHECK(describe(errc::retry).wire_name == "retry");
}

TEST_CASE("close codes say by their hundreds whether to come back", "[error]") {
  std::set<close_code> seen;
  for (const auto& row : close_table()) {
    CHECK(seen.insert(row.code).second);
    CHECK(&describe(row.code) == &row);
    CHECK_FALSE(row.reason.empty());
    const auto number = static_cast<int>(row.code);
    if (number >= 4000)
      CHECK(row.reconnect == (number < 4500));
  }
  CHECK(seen.size() == 18);
}

TEST_CASE("rates are N/SECONDS or off", "[rate]") {
  CHECK(parse_rate("60/60")->count == 60);
  CHECK(parse_rate("1/86400")->window == 24h);
  CHECK(parse_rate("1000000000/1"));
  CHECK(parse_rate("off")->is_off());
  for (const char* text :
       {"", "60", "/", "60/", "/60", "0/60", "60/0", "-1/60", "1/86401", "1000000001/1", "60/60/1",
        " 60/60", "60 /60", "Off", "6e1/60", "99999999999999999999/60"})
    CHECK_FALSE(parse_rate(text));
}

TEST_CASE(
  "a bucket gives its count at once, then one at a time, and says how long to wait", "[rate]") {
  const rate r{3, 30s};
  rate_bucket bucket;
  for (int i = 0; i < 3; ++i)
    CHECK(bucket.take(r, start) == 0ms);
  CHECK(bucket.take(r, start) == 10s);
  CHECK(bucket.take(r, start + 4s) == 6s);
  CHECK_FALSE(bucket.is_full(r, start + 29s));
  CHECK(bucket.take(r, start + 9'999'500us) == 1ms); // never early by a rounding
  CHECK(bucket.take(r, start + 10s) == 0ms);
  CHECK(bucket.take(r, start + 10s) == 10s);
  CHECK(bucket.is_full(r, start + 40s));
  rate_bucket unlimited;
  for (int i = 0; i < 1'000; ++i)
    REQUIRE(unlimited.take(rate{}, start) == 0ms);
}

TEST_CASE("a wait is never too short: after it the next one is given", "[rate][property]") {
  const auto seed = support::test_seed();
  INFO("TROUPE_TEST_SEED=" << seed);
  support::dice dice{seed};
  for (int round = 0; round < 200; ++round) {
    const rate r{1 + dice.below(100), std::chrono::seconds{1 + dice.below(100)}};
    rate_bucket bucket;
    auto now = start;
    std::deque<steady_time> given; // within the last window
    for (int i = 0; i < 300; ++i) {
      now += std::chrono::milliseconds{dice.below(500)};
      auto wait = bucket.take(r, now);
      if (wait > 0ms) {
        REQUIRE(wait <= r.window);
        now += wait;
        REQUIRE(bucket.take(r, now) == 0ms);
      }
      given.push_back(now);
      while (given.front() <= now - r.window)
        given.pop_front();
      REQUIRE(given.size() <= 2 * r.count); // a burst, and its refill
    }
  }
}

TEST_CASE("a table counts keys apart and looks without taking", "[rate]") {
  rate_table table;
  const rate r{1, 10s};
  CHECK(table.wait("a", r, start) == 0ms);
  CHECK(table.take("a", r, start) == 0ms);
  CHECK(table.wait("a", r, start) == 10s);
  CHECK(table.wait("a", r, start) == 10s);
  CHECK(table.take("a", r, start) == 10s);
  CHECK(table.take("b", r, start) == 0ms);
  CHECK(table.take("c", rate{}, start) == 0ms);
  CHECK(table.size() == 2);
}

TEST_CASE("a table stays within its bound; the full and the oldest are forgotten first", "[rate]") {
  rate_table table{16};
  const rate r{1, 100s};
  for (int i = 0; i < 100; ++i) {
    CHECK(table.take(std::to_string(i), r, start + std::chrono::seconds{i}) == 0ms);
    CHECK(table.size() <= 16);
  }
  CHECK(table.wait("99", r, start + 99s) > 0ms);
  CHECK(table.wait("90", r, start + 99s) > 0ms);
  CHECK(table.wait("0", r, start + 99s) == 0ms);
  CHECK(table.take("later", r, start + 1h) == 0ms);
  table.take("more", r, start + 1h);
  CHECK(table.size() <= 16);
}
