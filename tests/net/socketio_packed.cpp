#include "net/json/reader.hpp"
#include "net/msgpack/reader.hpp"
#include "net/msgpack/writer.hpp"
#include "net/socketio/packed.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace net::socketio;
using namespace std::string_literals;

namespace {

const auto undefined = "\xd4\0\0"s;

std::string packed(std::string_view json) {
  return net::msgpack::writer{}.json(json).take();
}

/// Whatever a client reads: the map as JSON text.
std::string read(const net::frame_ptr& f) {
  REQUIRE(f->binary);
  auto made = net::msgpack::parse_with_attachments(f->payload(), 10);
  REQUIRE(made);
  return net::json::write(made->value);
}

} // namespace

TEST_CASE("packets of the stock packer are read", "[net][socketio][msgpack]") {
  // socket.io-msgpack-parser writes `options` too, and undefined where there is nothing.
  const auto connect = decode_packed(net::msgpack::writer{}
                                       .map(4)
                                       .text("type")
                                       .number(std::uint64_t{0})
                                       .text("data")
                                       .raw(undefined)
                                       .text("nsp")
                                       .text("/admin")
                                       .text("options")
                                       .raw(undefined)
                                       .take());
  REQUIRE(connect);
  CHECK(connect->type == packet_type::connect);
  CHECK(connect->nsp == "/admin");
  CHECK_FALSE(connect->has_data);
  const auto event = decode_packed(packed(
    R"({"type":2,"data":["x",1,{"a":[null]}],"options":{"compress":true},"id":7,"nsp":"/"})"));
  REQUIRE(event);
  CHECK(event->type == packet_type::event);
  CHECK(event->id == 7u);
  CHECK(net::json::write(event->data) == R"(["x",1,{"a":[null]}])");
  CHECK_FALSE(event->is_binary());
}

TEST_CASE("binary data of a map becomes attachments", "[net][socketio][msgpack]") {
  const auto event = decode_packed(net::msgpack::writer{}
                                     .map(3)
                                     .text("type")
                                     .number(std::uint64_t{2})
                                     .text("nsp")
                                     .text("/")
                                     .text("data")
                                     .array(3)
                                     .text("x")
                                     .binary("\x01\x02")
                                     .binary("")
                                     .take());
  REQUIRE(event);
  CHECK(event->type == packet_type::binary_event);
  CHECK(event->attachments == std::vector{"\x01\x02"s, ""s});
  CHECK(
    net::json::write(event->data)
    == R"(["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
}

TEST_CASE("binary data belongs into the data", "[net][socketio][msgpack]") {
  const auto with = [](std::string_view key) {
    return net::msgpack::writer{}
      .map(4)
      .text("type")
      .number(std::uint64_t{2})
      .text("nsp")
      .text("/")
      .text("data")
      .array(2)
      .text("x")
      .binary("1")
      .text(key)
      .binary("2")
      .take();
  };
  CHECK_FALSE(decode_packed(with("options")));
  CHECK_FALSE(decode_packed(with("id")));
}

TEST_CASE("numbers beside attachments keep their last bit", "[net][socketio][msgpack]") {
  const std::vector<std::string> bytes{"b"};
  const auto json = R"(["x",-5.293318329523221e-17,{"_placeholder":true,"num":0}])"s;
  CHECK(read(encode_packed(packet_type::event, "/", {}, {json, bytes})).find(json) != json.npos);
}

TEST_CASE("a map that is no packet is refused", "[net][socketio][msgpack]") {
  const auto bad = GENERATE(
    "{}"s, "[]"s, "1"s, R"({"type":2,"data":["x"]})"s, R"({"nsp":"/","data":["x"]})"s,
    R"({"type":5,"nsp":"/","data":["x"]})"s, R"({"type":-1,"nsp":"/","data":["x"]})"s,
    R"({"type":"2","nsp":"/","data":["x"]})"s, R"({"type":2,"nsp":1,"data":["x"]})"s,
    R"({"type":2,"nsp":"/"})"s, R"({"type":2,"nsp":"/","data":[]})"s,
    R"({"type":2,"nsp":"/","data":{}})"s, R"({"type":2,"nsp":"/","data":["connect"]})"s,
    R"({"type":2,"nsp":"/","data":[null]})"s, R"({"type":3,"nsp":"/"})"s,
    R"({"type":3,"nsp":"/","data":"x"})"s, R"({"type":0,"nsp":"/","data":[]})"s,
    R"({"type":1,"nsp":"/","data":{}})"s, R"({"type":2,"nsp":"/","data":["x"],"id":-1})"s,
    R"({"type":2,"nsp":"/","data":["x"],"id":"1"})"s,
    R"({"type":2,"nsp":"/","data":["x"],"id":9007199254740992})"s,
    R"({"type":2,"nsp":"/","data":["x",{"_placeholder":true,"num":0}]})"s);
  CAPTURE(bad);
  CHECK_FALSE(decode_packed(packed(bad)));
  const auto whole = packed(R"({"type":2,"nsp":"/","data":["x",1]})");
  for (std::size_t cut = 0; cut < whole.size(); ++cut)
    CHECK_FALSE(decode_packed(whole.substr(0, cut)));
  CHECK_FALSE(decode_packed(whole + "x"));
}

TEST_CASE("packets are packed as the stock client reads them", "[net][socketio][msgpack]") {
  CHECK(
    read(encode_packed(packet_type::connect, "/", {}, {R"({"sid":"s"})"}))
    == R"({"type":0,"nsp":"/","data":{"sid":"s"}})");
  CHECK(read(encode_packed(packet_type::disconnect, "/a", {}, {})) == R"({"type":1,"nsp":"/a"})");
  CHECK(
    read(encode_packed(packet_type::ack, "/a", 3, {R"([1,"é"])"}))
    == R"({"type":3,"nsp":"/a","id":3,"data":[1,"é"]})");
  const std::vector<std::string> bytes{"\x01"};
  const auto made =
    encode_packed(packet_type::event, "/", {}, {R"(["x",{"_placeholder":true,"num":0}])", bytes});
  const auto again = decode_packed(made->payload());
  REQUIRE(again);
  CHECK(again->attachments == bytes);
}

TEST_CASE("a packed event ends in its offset when it may be replayed", "[net][socketio][msgpack]") {
  CHECK(
    read(encode_packed_event("news", R"({"a":1})", "0.7"))
    == R"({"type":2,"nsp":"/","data":["news",{"a":1},"0.7"]})");
  CHECK(
    read(encode_packed_event("news", R"("text")", ""))
    == R"({"type":2,"nsp":"/","data":["news","text",{}]})");
  CHECK(
    read(encode_packed_event("news", "[1]", "")) == R"({"type":2,"nsp":"/","data":["news",[1]]})");
}
