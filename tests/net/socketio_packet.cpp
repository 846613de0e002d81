#include "net/json/reader.hpp"
#include "net/socketio/packet.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace net::socketio;
using outcome = decoder::outcome;

TEST_CASE("a Socket.IO packet is read part by part", "[net][socketio]") {
  struct row {
    std::string text;
    packet_type type;
    std::string nsp;
    std::optional<std::uint64_t> id;
    std::size_t attachments;
    std::string data; // empty: none
  };
  const auto at = GENERATE(values<row>({
    {"0", packet_type::connect, "/", {}, 0, ""},
    {R"(0{"token":"x"})", packet_type::connect, "/", {}, 0, R"({"token":"x"})"},
    {R"(0/admin,{"token":"x"})", packet_type::connect, "/admin", {}, 0, R"({"token":"x"})"},
    {"0/admin", packet_type::connect, "/admin", {}, 0, ""},
    {"0/admin,", packet_type::connect, "/admin", {}, 0, ""},
    {"0/admin?x=1,", packet_type::connect, "/admin?x=1", {}, 0, ""},
    {R"(2["hello",1])", packet_type::event, "/", {}, 0, R"(["hello",1])"},
    {R"(2/admin,12["hello"])", packet_type::event, "/admin", 12, 0, R"(["hello"])"},
    {R"(20["hello"])", packet_type::event, "/", 0, 0, R"(["hello"])"},
    {R"(2[1,"numbers may be names"])",
     packet_type::event,
     "/",
     {},
     0,
     R"([1,"numbers may be names"])"},
    {R"(2[""])", packet_type::event, "/", {}, 0, R"([""])"},
    {"2", packet_type::event, "/", {}, 0, ""},
    {"2/admin,", packet_type::event, "/admin", {}, 0, ""},
    {R"(2/nsp["x"])", packet_type::event, R"(/nsp["x"])", {}, 0, ""},
    {R"(29007199254740991["x"])", packet_type::event, "/", 9007199254740991, 0, R"(["x"])"},
    {"3", packet_type::ack, "/", {}, 0, ""},
    {R"(3/admin,12["ok"])", packet_type::ack, "/admin", 12, 0, R"(["ok"])"},
    {"31[]", packet_type::ack, "/", 1, 0, "[]"},
    {"1", packet_type::disconnect, "/", {}, 0, ""},
    {"1/admin,", packet_type::disconnect, "/admin", {}, 0, ""},
    {R"(4{"message":"no"})", packet_type::connect_error, "/", {}, 0, R"({"message":"no"})"},
    {R"(51-["up",{"_placeholder":true,"num":0}])",
     packet_type::binary_event,
     "/",
     {},
     1,
     R"(["up",{"_placeholder":true,"num":0}])"},
    {R"(510-/a,7["x"])", packet_type::binary_event, "/a", 7, 10, R"(["x"])"},
    {R"(62-/a,7[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])",
     packet_type::binary_ack, "/a", 7, 2,
     R"([{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])"},
    {R"(2["x",{"_placeholder":true,"num":99}])",
     packet_type::event,
     "/",
     {},
     0,
     R"(["x",{"_placeholder":true,"num":99}])"},
    {R"(51-["x",{"_placeholder":"true","num":9}])",
     packet_type::binary_event,
     "/",
     {},
     1,
     R"(["x",{"_placeholder":"true","num":9}])"},
  }));
  CAPTURE(at.text);
  const auto p = decode(at.text);
  REQUIRE(p);
  CHECK(p->type == at.type);
  CHECK(p->nsp == at.nsp);
  CHECK(p->id == at.id);
  CHECK(p->attachment_count == at.attachments);
  CHECK(p->has_data == !at.data.empty());
  if (p->has_data)
    CHECK(net::json::write(p->data) == at.data);
}

TEST_CASE("a malformed Socket.IO packet is nothing", "[net][socketio]") {
  const std::string text = GENERATE(
    // type
    "", "7", "9[\"x\"]", "a", "-1", " 2[\"x\"]", "/", "[\"x\"]",
    // data of the wrong kind
    "2[]", "2{}", "2\"x\"", "2null", "2[null]", "2[{}]", "2[[]]", "2[true]", "2[\"connect\"]",
    "2[\"connect_error\"]", "2[\"disconnect\"]", "2[\"disconnecting\"]", "2[\"newListener\"]",
    "2[\"removeListener\"]", "3{}", "3\"x\"", "31{}", "0[]", "0\"x\"", "0null", "01[]", "1[]",
    "1{}", "1/admin,{}", "4[]",
    // JSON
    "2[\"x\"", "2[\"x\"]]", "2[\"x\"]x", "2[\"x\",]", "2['x']", "2[\"x\",1e400]",
    "2[\"x\",\"\\ud800\"]", "2[\"x\",{\"a\":1,\"a\":2}]", "2[\"x\",{\"__proto__\":{}}]",
    "2[\"x\",NaN]", "2x", "2-", "2-1[\"x\"]",
    // attachments
    "5", "5-", "5-[\"x\"]", "50-[\"x\"]", "50[\"x\"]", "51[\"x\"]", "51", "51-", "511-[\"x\"]",
    "599999-[\"x\"]", "5-1-[\"x\"]", "5 1-[\"x\"]", "5+1-[\"x\"]", "51.5-[\"x\"]", "51--[\"x\"]",
    "599999999999999999999999-[\"x\"]", "51-{}", "51-[]", "51-[\"connect\"]", "60-[]", "61-{}",
    "61-", "6[]", "5a-[\"x\"]", "2-1-[\"x\"]",
    // placeholders
    "51-[\"x\",{\"_placeholder\":true,\"num\":1}]", "51-[\"x\",{\"_placeholder\":true,\"num\":-1}]",
    "51-[\"x\",{\"_placeholder\":true,\"num\":\"0\"}]",
    "51-[\"x\",{\"_placeholder\":true,\"num\":0.5}]", "51-[\"x\",{\"_placeholder\":true}]",
    "51-[\"x\",{\"_placeholder\":true,\"num\":null}]",
    "51-[\"x\",{\"_placeholder\":true,\"num\":\"splice\"}]",
    "51-[\"x\",{\"a\":[{\"_placeholder\":true,\"num\":7}]}]",
    // acknowledgement ids
    "29007199254740992[\"x\"]", "218446744073709551617[\"x\"]",
    "2100000000000000000000000000000000000001[\"x\"]", "3184467440737095516160[]");
  CAPTURE(text);
  CHECK_FALSE(decode(text));
}

TEST_CASE(
  "a Socket.IO packet cut at any place is another packet or nothing, never more",
  "[net][socketio]") {
  const std::string whole =
    R"(52-/admin,123["event",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])";
  REQUIRE(decode(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(decode(std::string_view{whole}.substr(0, size)));
  }
}

TEST_CASE("deep JSON in a packet is refused without recursion", "[net][socketio]") {
  CHECK_FALSE(decode("2[\"x\"," + std::string(100'000, '[') + std::string(100'000, ']') + "]"));
}

TEST_CASE("a binary packet is complete with its last attachment", "[net][socketio]") {
  decoder d{1'000};
  packet p;
  CHECK(
    d.on_text(R"(52-1["up",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}])", p)
    == outcome::more);
  CHECK(d.is_waiting());
  CHECK(d.on_binary("one", p) == outcome::more);
  CHECK(d.on_binary("two", p) == outcome::complete);
  CHECK_FALSE(d.is_waiting());
  CHECK(p.type == packet_type::binary_event);
  CHECK(p.id == 1u);
  CHECK(p.attachments == std::vector<std::string>{"one", "two"});
  CHECK(d.on_text(R"(2["x"])", p) == outcome::complete);
  CHECK(p.attachments.empty());
}

TEST_CASE("text between attachments and binary without a packet are invalid", "[net][socketio]") {
  packet p;
  decoder waiting{1'000};
  REQUIRE(waiting.on_text(R"(51-["x"])", p) == outcome::more);
  CHECK(waiting.on_text(R"(2["x"])", p) == outcome::invalid);
  decoder idle{1'000};
  CHECK(idle.on_binary("x", p) == outcome::invalid);
  decoder after{1'000};
  REQUIRE(after.on_text(R"(51-["x"])", p) == outcome::more);
  REQUIRE(after.on_binary("", p) == outcome::complete);
  CHECK(after.on_binary("", p) == outcome::invalid);
}

TEST_CASE("attachments are bounded in bytes, together", "[net][socketio]") {
  packet p;
  decoder d{10};
  REQUIRE(d.on_text(R"(53-["x"])", p) == outcome::more);
  CHECK(d.on_binary("12345", p) == outcome::more);
  CHECK(d.on_binary("12345", p) == outcome::more);
  CHECK(d.on_binary("1", p) == outcome::invalid);
}
