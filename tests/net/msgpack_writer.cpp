#include "net/json/reader.hpp"
#include "net/msgpack/reader.hpp"
#include "net/msgpack/writer.hpp"
#include "tests/support/seed.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string>

namespace {

using namespace std::string_view_literals;
using net::msgpack::writer;

std::string of_json(std::string_view text) {
  return writer{}.json(text).take();
}

/// Any JSON value, small, of at most `depth` levels.
void append_value(std::string& out, support::dice& dice, int depth) {
  const auto kind = dice.below(depth > 0 ? 9 : 7);
  if (kind < 7) {
    static const std::vector<std::string> scalars{
      "null",
      "true",
      "false",
      "0",
      "-1",
      "127",
      "128",
      "-32",
      "-33",
      "255",
      "65536",
      "-129",
      "1.5",
      "-0.25e9",
      "18446744073709551615",
      "-9223372036854775808",
      R"("")",
      R"("é😀\u0000")",
      R"("a longer text than thirty-one bytes, for sure")"};
    out += dice.pick(scalars);
    return;
  }
  const auto size = dice.one_in(8) ? 20 : dice.below(4);
  out += kind == 7 ? '[' : '{';
  for (std::size_t i = 0; i < size; ++i) {
    if (i > 0)
      out += ',';
    if (kind == 8)
      out += "\"k" + std::to_string(i) + "\":";
    append_value(out, dice, depth - 1);
  }
  out += kind == 7 ? ']' : '}';
}

} // namespace

TEST_CASE("the MessagePack writer writes each value in its shortest form", "[net][msgpack]") {
  CHECK(of_json("null") == "\xc0"sv);
  CHECK(of_json("false") == "\xc2"sv);
  CHECK(of_json("true") == "\xc3"sv);
  CHECK(of_json("0") == "\0"sv);
  CHECK(of_json("127") == "\x7f"sv);
  CHECK(of_json("128") == "\xcc\x80"sv);
  CHECK(of_json("255") == "\xcc\xff"sv);
  CHECK(of_json("256") == "\xcd\x01\0"sv);
  CHECK(of_json("65535") == "\xcd\xff\xff"sv);
  CHECK(of_json("65536") == "\xce\0\x01\0\0"sv);
  CHECK(of_json("4294967295") == "\xce\xff\xff\xff\xff"sv);
  CHECK(of_json("4294967296") == "\xcf\0\0\0\x01\0\0\0\0"sv);
  CHECK(of_json("18446744073709551615") == "\xcf\xff\xff\xff\xff\xff\xff\xff\xff"sv);
  CHECK(of_json("-1") == "\xff"sv);
  CHECK(of_json("-32") == "\xe0"sv);
  CHECK(of_json("-33") == "\xd0\xdf"sv);
  CHECK(of_json("-128") == "\xd0\x80"sv);
  CHECK(of_json("-129") == "\xd1\xff\x7f"sv);
  CHECK(of_json("-32769") == "\xd2\xff\xff\x7f\xff"sv);
  CHECK(of_json("-2147483649") == "\xd3\xff\xff\xff\xff\x7f\xff\xff\xff"sv);
  CHECK(of_json("1.5") == "\xcb\x3f\xf8\0\0\0\0\0\0"sv);
  CHECK(of_json(R"("")") == "\xa0"sv);
  CHECK(of_json(R"("é")") == "\xa2\xc3\xa9"sv);
  CHECK(of_json("[]") == "\x90"sv);
  CHECK(of_json("{}") == "\x80"sv);
  CHECK(
    of_json(R"({"compact":true,"schema":0})")
    == "\x82\xa7"
       "compact\xc3\xa6"
       "schema\0"sv); // msgpack.org's own example
}

TEST_CASE("the MessagePack writer chooses the head by the size", "[net][msgpack]") {
  const auto text_head = [](std::size_t size) {
    return writer{}.text(std::string(size, 'x')).take().substr(0, 5);
  };
  CHECK(text_head(31).substr(0, 1) == "\xbf"sv);
  CHECK(text_head(32).substr(0, 2) == "\xd9\x20"sv);
  CHECK(text_head(255).substr(0, 2) == "\xd9\xff"sv);
  CHECK(text_head(256).substr(0, 3) == "\xda\x01\0"sv);
  CHECK(text_head(65'536) == "\xdb\0\x01\0\0"sv);
  const auto binary_head = [](std::size_t size) {
    return writer{}.binary(std::string(size, '\xff')).take().substr(0, 5);
  };
  CHECK(binary_head(0) == "\xc4\0"sv);
  CHECK(binary_head(256).substr(0, 3) == "\xc5\x01\0"sv);
  CHECK(binary_head(65'536) == "\xc6\0\x01\0\0"sv);
  CHECK(writer{}.array(15).take() == "\x9f"sv);
  CHECK(writer{}.array(16).take() == "\xdc\0\x10"sv);
  CHECK(writer{}.array(65'536).take() == "\xdd\0\x01\0\0"sv);
  CHECK(writer{}.map(15).take() == "\x8f"sv);
  CHECK(writer{}.map(16).take() == "\xde\0\x10"sv);
  CHECK(writer{}.map(65'536).take() == "\xdf\0\x01\0\0"sv);
}

TEST_CASE("containers of JSON text get their size when it is known at last", "[net][msgpack]") {
  for (const std::size_t size : {0u, 1u, 15u, 16u, 17u, 300u, 70'000u}) {
    CAPTURE(size);
    std::string text = "[";
    writer expected;
    expected.array(2).array(size);
    for (std::size_t i = 0; i < size; ++i) {
      text += i == 0 ? "[1" : "1";
      expected.number(std::uint64_t{1});
      text += ',';
    }
    if (size == 0)
      text += '[';
    else
      text.pop_back();
    text += "],\"behind\"]";
    expected.text("behind");
    CHECK(of_json(text) == expected.take());
  }
}

TEST_CASE("the MessagePack writer puts values together", "[net][msgpack]") {
  const auto made = writer{}
                      .map(3)
                      .text("event")
                      .text("typing")
                      .text("data")
                      .json(R"({"roomId":"a"})")
                      .text("id")
                      .raw("\x07")
                      .take();
  const auto read = net::msgpack::parse(made);
  REQUIRE(read);
  CHECK(net::json::write(*read) == R"({"event":"typing","data":{"roomId":"a"},"id":7})");
}

TEST_CASE("what is not JSON becomes nil, and nothing of it is left", "[net][msgpack]") {
  for (const auto* text : {"", "[1,", "{\"a\":1}x", "nul", "[1e400]"}) {
    CAPTURE(text);
    CHECK(
      writer{}.text("a").json(text).take()
      == "\xa1"
         "a\xc0"sv);
  }
}

TEST_CASE("JSON from outside passes the guard on its way to MessagePack", "[net][msgpack]") {
  writer w;
  CHECK(w.json_from_outside(R"([1,{"a":"b"}])"));
  const auto before = w.size();
  CHECK_FALSE(w.json_from_outside(R"({"a":1,"a":2})"));
  CHECK_FALSE(w.json_from_outside(R"({"__proto__":1})"));
  CHECK_FALSE(w.json_from_outside(std::string(33, '[') + std::string(33, ']')));
  CHECK_FALSE(w.json_from_outside("1e400"));
  CHECK(w.size() == before);
}

TEST_CASE("a value is written with the attachments that it names", "[net][msgpack]") {
  const auto value =
    net::json::parse(R"(["up",{"_placeholder":true,"num":1},{"_placeholder":true,"num":9}])");
  REQUIRE(value);
  const auto bytes = writer{}.value(*value, {"zero", "one"}).take();
  const auto back = net::msgpack::parse_with_attachments(bytes, 10);
  CHECK_FALSE(back); // the one without an attachment stayed as it is, and looks like one
  const auto plain = writer{}.value(*value).take();
  CHECK(plain == of_json(net::json::write(*value)));
  const auto good = net::json::parse(R"(["up",{"a":{"_placeholder":true,"num":1}}])");
  CHECK(
    writer{}.value(*good, {"zero", "one"}).take()
    == "\x92\xa2up\x81\xa1"
       "a\xc4\x03one"sv);
}

TEST_CASE("JSON and MessagePack say the same, whatever the value", "[net][msgpack]") {
  const auto seed = support::test_seed();
  INFO("TROUPE_TEST_SEED=" << seed);
  support::dice dice{seed};
  for (int round = 0; round < 2'000; ++round) {
    std::string text;
    append_value(text, dice, 5);
    CAPTURE(text);
    const auto direct = net::json::parse(text);
    if (!direct) // more than the guard lets pass
      continue;
    const auto bytes = of_json(text);
    const auto through = net::msgpack::parse(bytes);
    REQUIRE(through);
    REQUIRE(*through == *direct);
    REQUIRE(writer{}.value(*through).take() == bytes);
  }
}
