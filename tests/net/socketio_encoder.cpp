#include "net/socketio/encoder.hpp"
#include "net/socketio/packet.hpp"

#include <catch2/catch.hpp>

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
  CHECK(encode_connected("s", "p")->payload() == R"(40{"sid":"s","pid":"p"})");
  CHECK(encode_refused("/", "no")->payload() == R"(44{"message":"no"})");
  CHECK(
    encode_refused("/admin", "Invalid namespace")->payload()
    == R"(44/admin,{"message":"Invalid namespace"})");
  CHECK(
    encode_refused("/", "no", R"({"code":"x"})")->payload()
    == R"(44{"message":"no","data":{"code":"x"}})");
  CHECK(encode_disconnect()->payload() == "41");
}

TEST_CASE("what is encoded can be decoded", "[net][socketio]") {
  const auto frame = encode_event("a/b,1[", R"({"x":[1,"é"]})", "o");
  const auto p = decode(frame->payload().substr(1));
  REQUIRE(p);
  CHECK(p->type == packet_type::event);
  CHECK(p->data.Size() == 3);
  CHECK(std::string{p->data[0].GetString()} == "a/b,1[");
}
