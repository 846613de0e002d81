#include "net/socketio/encoder.hpp"
#include "net/socketio/packet.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace net::socketio;

TEST_CASE("an event ends in its offset when it may be replayed", "[net][socketio]") {
  CHECK(encode_event("news", R"({"a":1})", "")->payload() == R"(42["news",{"a":1}])");
  CHECK(encode_event("news", R"({"a":1})", "0-7")->payload() == R"(42["news",{"a":1},"0-7"])");
  CHECK(encode_event("q\"\n", "null", "")->payload() == R"(42["q\"\n",null])");
}

TEST_CASE("a string at the end of an event is never taken for an offset", "[net][socketio]") {
  CHECK(encode_event("news", R"("text")", "")->payload() == R"(42["news","text",{}])");
  CHECK(encode_event("news", R"("text")", "0-7")->payload() == R"(42["news","text","0-7"])");
}

TEST_CASE("answers are encoded as a client reads them", "[net][socketio]") {
  CHECK(encode_ack("12", R"({"ok":true})")->payload() == R"(4312[{"ok":true}])");
  CHECK(connected_json("s", "p") == R"({"sid":"s","pid":"p"})");
  CHECK(connected_json("s") == R"({"sid":"s"})");
  CHECK(refusal_json("no") == R"({"message":"no"})");
  CHECK(refusal_json("no", R"({"code":"x"})") == R"({"message":"no","data":{"code":"x"}})");
}

TEST_CASE("a packet of any kind is encoded with its namespace and id", "[net][socketio]") {
  const auto text = [](
                      packet_type type, std::string_view nsp, std::optional<std::uint64_t> id,
                      std::string_view json) {
    return std::string{encode(type, nsp, id, {json})->payload()};
  };
  CHECK(text(packet_type::connect, "/", {}, R"({"sid":"s"})") == R"(40{"sid":"s"})");
  CHECK(text(packet_type::connect, "/a", {}, R"({"sid":"s"})") == R"(40/a,{"sid":"s"})");
  CHECK(text(packet_type::disconnect, "/", {}, "") == "41");
  CHECK(text(packet_type::disconnect, "/a", {}, "") == "41/a,");
  CHECK(text(packet_type::event, "/a", 7, R"(["x"])") == R"(42/a,7["x"])");
  CHECK(text(packet_type::ack, "/", 0, "[]") == "430[]");
}

TEST_CASE("a packet and its attachments are one buffer", "[net][socketio]") {
  const std::vector<std::string> bytes{"\x01", std::string(200, 'b')};
  const auto made = encode(packet_type::event, "/a", 7, {R"(["x"])", bytes});
  std::string_view rest = made->bytes;
  const auto first = net::take_frame(rest);
  CHECK(first.payload == R"(452-/a,7["x"])");
  CHECK_FALSE(first.binary);
  for (const auto& each : bytes) {
    const auto part = net::take_frame(rest);
    CHECK(part.payload == each);
    CHECK(part.binary);
  }
  CHECK(rest.empty());
  CHECK(encode(packet_type::ack, "/", {}, {"[]", bytes})->bytes.substr(2, 4) == "462-");
}

TEST_CASE("what is encoded can be decoded", "[net][socketio]") {
  const auto frame = encode_event("a/b,1[", R"({"x":[1,"é"]})", "o");
  const auto p = decode(frame->payload().substr(1));
  REQUIRE(p);
  CHECK(p->type == packet_type::event);
  CHECK(p->data.Size() == 3);
  CHECK(std::string{p->data[0].GetString()} == "a/b,1[");
}
