#include "net/json/reader.hpp"
#include "net/plain/codec.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace net::plain;

TEST_CASE("a plain frame names an event and may ask for an answer", "[net][plain]") {
  const auto bare = decode(R"({"event":"typing"})");
  REQUIRE(bare);
  CHECK(bare->event == "typing");
  CHECK(bare->id.empty());
  CHECK(bare->data == nullptr);

  auto full = decode(R"({"id":7,"data":{"roomId":"a"},"event":"join-room","extra":[]})");
  REQUIRE(full);
  const auto moved = std::move(*full);
  CHECK(moved.id == "7");
  REQUIRE(moved.data != nullptr);
  CHECK(net::json::write(*moved.data) == R"({"roomId":"a"})");
}

TEST_CASE("a plain id comes back as it was", "[net][plain]") {
  for (const auto* id : {"0", "-1", "1.5", R"("x")", R"("")", R"("a\"b")", "9007199254740993"}) {
    const auto asked = decode(std::string{R"({"event":"e","id":)"} + id + "}");
    REQUIRE(asked);
    CHECK(asked->id == id);
  }
}

TEST_CASE("a malformed plain frame is a bad request", "[net][plain]") {
  const std::string text = GENERATE(
    "", "x", "[]", "7", "null", "\"join-room\"", "{}", R"({"event":7})", R"({"event":null})",
    R"({"event":[]})", R"({"data":{}})", R"({"event":"e","id":{}})", R"({"event":"e","id":[]})",
    R"({"event":"e","id":true})", R"({"event":"e","id":null})", R"({"event":"e","event":"f"})",
    R"({"event":"e"} )"
    "x",
    R"({"event":"e","data":NaN})", R"({"event":"e","data":{"__proto__":1}})");
  CAPTURE(text);
  const auto asked = decode(text);
  REQUIRE_FALSE(asked);
  CHECK(asked.error().code == domain::errc::bad_request);
}

TEST_CASE("a plain id is bounded", "[net][plain]") {
  const auto with_id = [](std::size_t size) {
    return decode(R"({"event":"e","id":")" + std::string(size, 'i') + R"("})");
  };
  CHECK(with_id(id_bytes_max));
  CHECK_FALSE(with_id(id_bytes_max + 1));
}

TEST_CASE("plain frames to clients are events and answers", "[net][plain]") {
  CHECK(encode_event("news", "[1]")->payload() == R"({"event":"news","data":[1]})");
  CHECK(encode_ack("\"a\"", R"({"ok":true})")->payload() == R"({"ack":"a","data":{"ok":true}})");
}
