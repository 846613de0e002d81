#include "domain/broadcast_statistics.hpp"

#include "domain/limits.hpp"

#include <catch2/catch.hpp>

using namespace domain;
using namespace std::chrono_literals;

namespace {

timestamp at(std::chrono::milliseconds ms) {
  return timestamp{ms};
}

broadcast news(const std::string& event, const std::string& room) {
  broadcast b;
  b.event = event;
  b.target.to = target::kind::rooms;
  b.target.rooms = {room_id{room}};
  return b;
}

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("broadcasts are counted by event, room and user", "[statistics]") {
  broadcast_statistics s{at(0ms)};
  s.sent(news("a", "r"), at(1s));
  s.sent(news("b", "r"), at(2s));
  s.sent(news("b", "q"), at(3s));
  auto to_user = news("c", "");
  to_user.target.rooms.clear();
  to_user.target.to = target::kind::users;
  to_user.target.users = {user_id{"ada"}};
  s.sent(to_user, at(4s));
  s.counted(5);
  const auto text = s.to_json(at(5s), "r", "nobody");
  CHECK(has(text, R"("total":4,"recipients":5)"));
  CHECK(has(text, R"("uptimeMs":5000)"));
  CHECK(has(text, R"("top":{"events":[{"name":"b","count":2,"last":"1970-01-01T00:00:03.000Z"})"));
  CHECK(has(
    text,
    R"("room":{"id":"r","count":2,"last":{"event":"b","timestamp":"1970-01-01T00:00:02.000Z"},)"
    R"("events":{"a":1,"b":1},"otherEvents":0})"));
  CHECK(has(text, R"("user":{"id":"nobody","count":0,"last":null,"events":{},"otherEvents":0})"));
  CHECK(has(text, R"("users":[{"id":"ada","count":1,)"));
  s.reset(at(6s));
  CHECK(has(s.to_json(at(6s), {}, {}), R"("total":0)"));
}

TEST_CASE("names are bounded: the one not used for the longest gives way", "[statistics]") {
  name_counts counts;
  for (std::size_t i = 0; i < limits::statistics_names; ++i)
    counts.add("n" + std::to_string(i), "e", at(1ms));
  counts.add("n0", "e", at(2ms));
  counts.add("new", "e", at(3ms));
  CHECK(counts.size() == limits::statistics_names);
  CHECK(counts.find("n0")->count == 2);
  CHECK(counts.find("n1") == nullptr);
  CHECK(counts.find("new")->count == 1);
  for (std::size_t i = 0; i < limits::statistics_names_within + 3; ++i)
    counts.add("n0", "x" + std::to_string(i), at(4ms));
  CHECK(counts.find("n0")->events.size() == limits::statistics_names_within);
  CHECK(counts.find("n0")->other == 4);
}

TEST_CASE("what is older than a day is forgotten", "[statistics]") {
  broadcast_statistics s{at(0ms)};
  s.sent(news("old", "r"), at(1s));
  s.failed("old", {errc::forbidden, "No", {}, {}}, at(1s));
  s.sent(news("young", "q"), at(2h));
  s.forget_old(at(25h));
  const auto text = s.to_json(at(25h), {}, {});
  CHECK_FALSE(has(text, "\"old\""));
  CHECK(has(text, "\"young\""));
  CHECK(has(text, R"("total":2)"));
  CHECK(has(text, R"("lastFailures":[])"));
}

TEST_CASE("the last hundred failures are kept", "[statistics]") {
  broadcast_statistics s{at(0ms)};
  for (int i = 0; i < 120; ++i)
    s.failed("e" + std::to_string(i), {errc::validation_failed, "Wrong", {}, {}}, at(1ms));
  const auto text = s.to_json(at(1ms), {}, {});
  CHECK(has(text, R"("failures":120)"));
  CHECK_FALSE(has(text, R"("event":"e19")"));
  CHECK(has(text, R"("event":"e20","code":"validation_failed","message":"Wrong")"));
}
