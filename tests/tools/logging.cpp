#include "tools/logging.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace {

const domain::timestamp at{std::chrono::milliseconds{1'700'000'000'123}};

std::string text(std::string_view event, std::initializer_list<domain::log_field> fields) {
  return tools::log_line(tools::log_format::text, at, domain::log_level::warn, "n", event, fields);
}

std::string json(std::string_view event, std::initializer_list<domain::log_field> fields) {
  return tools::log_line(tools::log_format::json, at, domain::log_level::info, "n", event, fields);
}

bool is_printable(const std::string& line) {
  return std::ranges::all_of(line, [](unsigned char x) { return x >= ' ' && x < 0x7F; });
}

} // namespace

TEST_CASE("a log line for people is time, level, event and fields", "[tools][logging]") {
  CHECK(
    text("room-activated", {{"room", "lobby"}, {"epoch", std::uint64_t{3}}, {"new", true}})
    == "2023-11-14T22:13:20.123Z WARN  room-activated room=lobby epoch=3 new=true");
}

TEST_CASE("a log line for machines is one JSON object", "[tools][logging]") {
  CHECK(
    json("request", {{"path", "/a\"b"}, {"status", std::int64_t{200}}, {"ok", false}})
    == R"({"time":"2023-11-14T22:13:20.123Z","level":"info","event":"request","node":"n","path":"/a\"b","status":200,"ok":false})");
}

TEST_CASE("nothing from outside begins a line of its own in the log", "[tools][logging]") {
  const std::string hostile = "a\r\nERROR forged x=1\x1b[31m\x7f\xc2\x9b";
  for (const auto& line : {text("e", {{"name", hostile}}), json("e", {{"name", hostile}})}) {
    INFO(line);
    CHECK(is_printable(line));
  }
  CHECK(text("e", {{"name", "x=1 y"}}).ends_with(R"(name="x=1 y")"));
}

TEST_CASE("a log line is bounded, and whole as JSON", "[tools][logging]") {
  const std::string endless(100'000, 'x');
  auto line = text(endless, {{"a", endless}, {"b", endless}});
  CHECK(line.size() <= 8'192);
  line = json(
    endless, {{"a", endless},
              {"b", endless},
              {"c", endless},
              {"d", endless},
              {"e", endless},
              {"f", endless},
              {"g", endless},
              {"h", endless}});
  CHECK(line.size() <= 8'192);
  CHECK(line.ends_with("\"}"));
}
