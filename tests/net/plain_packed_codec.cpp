#include "net/json/reader.hpp"
#include "net/msgpack/reader.hpp"
#include "net/msgpack/writer.hpp"
#include "net/plain/packed_codec.hpp"
#include "net/plain/sub_protocol.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace net::plain;

namespace {

std::string packed(std::string_view json) {
  return net::msgpack::writer{}.json(json).take();
}

std::string shown(const net::frame_ptr& f) {
  REQUIRE(f->binary);
  const auto read = net::msgpack::parse(f->payload());
  REQUIRE(read);
  return net::json::write(*read);
}

std::string chosen(std::vector<std::string> lists) {
  net::http::request handshake;
  for (auto& list : lists)
    handshake.headers.emplace_back("sec-websocket-protocol", std::move(list));
  const auto found = choose_sub_protocol(handshake);
  return found ? found->name : "refused";
}

} // namespace

TEST_CASE("a MessagePack frame has the fields of a JSON frame", "[net][plain][msgpack]") {
  auto full = decode_packed(packed(R"({"id":7,"data":{"roomId":"a"},"event":"join-room"})"));
  REQUIRE(full);
  const auto moved = std::move(*full);
  CHECK(moved.event == "join-room");
  CHECK(moved.id == "7");
  REQUIRE(moved.data != nullptr);
  CHECK(net::json::write(*moved.data) == R"({"roomId":"a"})");
  const std::string json = GENERATE(
    "[]", "7", "{}", R"({"event":7})", R"({"event":"e","id":{}})", R"({"event":"e","id":null})");
  CHECK_FALSE(decode_packed(packed(json)));
}

TEST_CASE("a MessagePack id comes back as it was", "[net][plain][msgpack]") {
  for (const auto* id : {"0", "-1", "1.5", R"("x")", R"("a\"b")", "9007199254740993"}) {
    const auto asked = decode_packed(packed(std::string{R"({"event":"e","id":)"} + id + "}"));
    REQUIRE(asked);
    CHECK(
      shown(encode_packed_ack(asked->id, R"({"ok":true})"))
      == std::string{R"({"ack":)"} + id + R"(,"data":{"ok":true}})");
  }
}

TEST_CASE("an event is one binary MessagePack message", "[net][plain][msgpack]") {
  CHECK(
    shown(encode_packed_event("new-message", R"({"seq":8,"content":"é"})"))
    == R"({"event":"new-message","data":{"seq":8,"content":"é"}})");
}

TEST_CASE("the first sub-protocol that is spoken wins", "[net][plain]") {
  CHECK(chosen({}) == "");
  CHECK(chosen({""}) == "");
  CHECK(chosen({" , "}) == "");
  CHECK(chosen({"troupe.v1.json"}) == "troupe.v1.json");
  CHECK(chosen({"x, troupe.v1.msgpack ,troupe.v1.json"}) == "troupe.v1.msgpack");
  CHECK(chosen({"x", "\ttroupe.v1.json"}) == "troupe.v1.json");
  CHECK(chosen({"x"}) == "refused");
  CHECK(chosen({"troupe.v1.jsonx", "troupe"}) == "refused");
}
