#include "actors/error.hpp"

#include "actors/outbox.hpp"

#include <caf/all.hpp>
#include <catch2/catch.hpp>

TEST_CASE("a domain error comes back whole from a CAF error", "[error]") {
  for (const auto& row : domain::error_table()) {
    if (row.code == domain::errc::none)
      continue;
    const domain::error why{row.code, "because", {{"field", "rule"}}, std::chrono::seconds{3}};
    const auto back = actors::from_caf(actors::to_caf(why));
    CHECK(back.code == row.code);
    CHECK(back.message == "because");
    REQUIRE(back.details.size() == 1);
    CHECK(back.details[0].field == "field");
    CHECK(back.retry_after == std::chrono::seconds{3});
  }
}

TEST_CASE("CAF's own errors say nothing of the inside", "[error]") {
  CHECK(actors::from_caf(caf::sec::request_timeout).code == domain::errc::retry);
  CHECK(actors::from_caf(caf::sec::request_receiver_down).code == domain::errc::unavailable);
  CHECK(actors::from_caf(caf::sec::runtime_error).code == domain::errc::internal);
  CHECK(actors::from_caf(caf::sec::runtime_error).message == "Internal error");
  CHECK(actors::to_caf({}) == actors::to_caf({domain::errc::internal, {}, {}, {}}));
}

TEST_CASE("a reply has the contract's shape", "[reply]") {
  CHECK(actors::make_reply().json == R"({"ok":true})");
  const auto refused = actors::make_reply(
    domain::error{domain::errc::rate_limited, "Too many", {}, std::chrono::milliseconds{1'200}});
  CHECK_FALSE(refused.ok);
  CHECK(
    refused.json
    == R"({"ok":false,"error":{"code":"rate_limited","message":"Too many","retryable":true,"retryAfter":2}})");
  CHECK(
    actors::error_json({domain::errc::validation_failed, "No", {{"a", "b"}, {"c", "\"d\""}}, {}})
    == R"({"code":"validation_failed","message":"No","retryable":false,"details":[{"field":"a","message":"b"},{"field":"c","message":"\"d\""}]})");
}
