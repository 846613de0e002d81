#include "domain/limits.hpp"
#include "net/json/reader.hpp"
#include "net/msgpack/reader.hpp"
#include "net/msgpack/writer.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

/// As JSON text, or why not.
std::string read(std::string_view bytes) {
  const auto parsed = net::msgpack::parse(bytes);
  if (parsed)
    return net::json::write(*parsed);
  CHECK(parsed.error().code == domain::errc::bad_request);
  return parsed.error().message;
}

constexpr auto cut_short = "Invalid MessagePack: It is cut short";

std::string nested_maps(std::size_t depth) {
  std::string bytes;
  for (std::size_t i = 1; i < depth; ++i)
    bytes += "\x81\xa1"
             "a";
  return bytes + "\x80";
}

std::string map_with(std::size_t keys) {
  net::msgpack::writer w;
  w.map(keys);
  for (std::size_t i = 0; i < keys; ++i)
    w.text(std::to_string(i)).nil();
  return w.take();
}

} // namespace

TEST_CASE("the MessagePack reader knows every format", "[net][msgpack]") {
  CHECK(read("\xc0"sv) == "null");
  CHECK(read("\xc2"sv) == "false");
  CHECK(read("\xc3"sv) == "true");
  CHECK(read("\x7f"sv) == "127");
  CHECK(read("\xe0"sv) == "-32");
  CHECK(read("\xcc\xff"sv) == "255");
  CHECK(read("\xcd\xff\xff"sv) == "65535");
  CHECK(read("\xce\xff\xff\xff\xff"sv) == "4294967295");
  CHECK(read("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"sv) == "18446744073709551615");
  CHECK(read("\xd0\x80"sv) == "-128");
  CHECK(read("\xd1\x80\0"sv) == "-32768");
  CHECK(read("\xd2\x80\0\0\0"sv) == "-2147483648");
  CHECK(read("\xd3\x80\0\0\0\0\0\0\0"sv) == "-9223372036854775808");
  CHECK(read("\xd3\0\0\0\0\0\0\0\x05"sv) == "5");
  CHECK(read("\xca\x3f\xc0\0\0"sv) == "1.5");
  CHECK(read("\xcb\x3f\xf8\0\0\0\0\0\0"sv) == "1.5");
  CHECK(read("\xa2\xc3\xa9"sv) == "\"é\"");
  CHECK(read("\xd9\x01x"sv) == "\"x\"");
  CHECK(read("\xda\0\x01x"sv) == "\"x\"");
  CHECK(read("\xdb\0\0\0\x01x"sv) == "\"x\"");
  CHECK(read("\x92\x01\x90"sv) == "[1,[]]");
  CHECK(read("\xdc\0\x01\x01"sv) == "[1]");
  CHECK(read("\xdd\0\0\0\x01\x01"sv) == "[1]");
  CHECK(read("\x81\xa1k\x80"sv) == R"({"k":{}})");
  CHECK(read("\xde\0\x01\xd9\x01k\x01"sv) == R"({"k":1})");
  CHECK(read("\xdf\0\0\0\x01\xdb\0\0\0\x01k\x01"sv) == R"({"k":1})");
}

TEST_CASE("what JSON has no word for becomes what JSON.stringify makes of it", "[net][msgpack]") {
  CHECK(read("\xca\x7f\xc0\0\0"sv) == "null");         // NaN
  CHECK(read("\xcb\xff\xf0\0\0\0\0\0\0"sv) == "null"); // -Infinity
  CHECK(read("\xd4\0\0"sv) == "null");                 // undefined
  CHECK(read("\x93\x01\xd4\0\0\x02"sv) == "[1,null,2]");
  CHECK(
    read("\x83\xa1"
         "a\xd4\0\0\xa1"
         "b\x01\xa1"
         "c\xd4\0\0"sv)
    == R"({"b":1})");
  CHECK(read("\x81\xa7options\xd4\0\0"sv) == "{}");
}

TEST_CASE("dates of notepack and of the specification become ISO 8601 text", "[net][msgpack]") {
  const auto notepack = [](std::int64_t milliseconds) {
    std::string bytes = "\xd7";
    bytes.push_back('\0');
    for (int shift = 56; shift >= 0; shift -= 8)
      bytes.push_back(static_cast<char>(static_cast<std::uint64_t>(milliseconds) >> shift & 0xFF));
    return read(bytes);
  };
  CHECK(notepack(1'700'000'000'123) == R"("2023-11-14T22:13:20.123Z")");
  CHECK(notepack(-1) == R"("1969-12-31T23:59:59.999Z")");
  CHECK(notepack(std::int64_t{1} << 62) == "null");
  CHECK(read("\xd6\xff\0\0\0\x01"sv) == R"("1970-01-01T00:00:01.000Z")");
  CHECK(read("\xd7\xff\x77\x35\x94\x00\0\0\0\x01"sv) == R"("1970-01-01T00:00:01.500Z")");
  CHECK(
    read("\xc7\x0c\xff\x1d\xcd\x65\x00\xff\xff\xff\xff\xff\xff\xff\xff"sv)
    == R"("1969-12-31T23:59:59.500Z")");
  CHECK(read("\xc7\x0c\xff\0\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff"sv) == "null");
  CHECK_THAT(
    read("\xc7\x0c\xff\x3b\x9a\xca\x00\0\0\0\0\0\0\0\0"sv), Catch::Contains("nanoseconds"));
  CHECK_THAT(read("\xd8\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv), Catch::Contains("wrong size"));
}

TEST_CASE("the MessagePack reader refuses what is not a value", "[net][msgpack]") {
  CHECK(read(""sv) == cut_short);
  CHECK_THAT(read("\xc1"sv), Catch::Contains("begins no value"));
  CHECK_THAT(read("\xc0\xc0"sv), Catch::Contains("follows"));
  CHECK_THAT(read("\x81\x01\x01"sv), Catch::Contains("key is not a string"));
  CHECK_THAT(read("\x81\xc0\x01"sv), Catch::Contains("key is not a string"));
  CHECK_THAT(read("\xa1\xff"sv), Catch::Contains("UTF-8"));
  CHECK_THAT(read("\xa3\xed\xa0\x80"sv), Catch::Contains("UTF-8"));
  CHECK_THAT(read("\x81\xa1\xff\x01"sv), Catch::Contains("UTF-8"));
  CHECK_THAT(read("\x82\xa1k\x01\xa1k\x02"sv), Catch::Contains("same key twice"));
  CHECK_THAT(read("\x81\xa9__proto__\x01"sv), Catch::Contains("not allowed"));
  CHECK_THAT(read("\xd4\x05\0"sv), Catch::Contains("extension"));
  CHECK_THAT(read("\xd4\0\x01"sv), Catch::Contains("extension"));
  CHECK_THAT(read("\xd5\0\0\0"sv), Catch::Contains("extension"));
  CHECK_THAT(read("\xc7\x01\x05x"sv), Catch::Contains("extension"));
}

TEST_CASE("a declared size costs nothing before its bytes are there", "[net][msgpack]") {
  const std::string_view bytes = GENERATE(
    "\xdd\xff\xff\xff\xff"sv, "\xdd\xff\xff\xff\xff\x01\x02"sv, "\xdf\xff\xff\xff\xff\xa1k\x01"sv,
    "\xdb\xff\xff\xff\xffxyz"sv, "\x81\xdb\xff\xff\xff\xffk"sv, "\xc6\xff\xff\xff\xff"sv,
    "\xc9\xff\xff\xff\xff\0"sv, "\x92\xdd\xff\xff\xff\xff\x01"sv, "\xdc\xff\xff"sv, "\xde\0\x02"sv);
  CHECK(read(bytes) == cut_short);
}

TEST_CASE("the MessagePack reader stops at the bounds of the JSON guard", "[net][msgpack]") {
  namespace limits = domain::limits;
  const auto is_accepted = [](const std::string& bytes) {
    return static_cast<bool>(net::msgpack::parse(bytes));
  };
  CHECK(is_accepted(std::string(limits::json_depth - 1, '\x91') + "\x90"));
  CHECK_FALSE(is_accepted(std::string(limits::json_depth, '\x91') + "\x90"));
  CHECK_FALSE(is_accepted(std::string(500'000, '\x91')));
  CHECK(is_accepted(nested_maps(limits::json_depth)));
  CHECK_FALSE(is_accepted(nested_maps(limits::json_depth + 1)));
  CHECK(is_accepted(map_with(limits::json_keys)));
  CHECK_FALSE(is_accepted(map_with(limits::json_keys + 1)));
  const auto list_of = [](std::size_t values) {
    return net::msgpack::writer{}.array(values - 1).take() + std::string(values - 1, '\x01');
  };
  CHECK(is_accepted(list_of(limits::json_values)));
  CHECK_FALSE(is_accepted(list_of(limits::json_values + 1)));
  const auto key_of = [](std::size_t size) {
    return net::msgpack::writer{}.map(1).text(std::string(size, 'k')).nil().take();
  };
  CHECK(is_accepted(key_of(limits::json_key_bytes)));
  CHECK_FALSE(is_accepted(key_of(limits::json_key_bytes + 1)));
}

TEST_CASE("the MessagePack reader refuses every beginning but the whole", "[net][msgpack]") {
  const auto whole = net::msgpack::writer{}
                       .json(
                         R"({"a":[1,-200,70000,2.5,{"x":"é😀"}],"n":null,"t":true,"long":")"
                         + std::string(300, 'y') + R"("})")
                       .take();
  const auto with_rest = "\x93" + whole + "\xd7"s + std::string(1, '\0') + std::string(8, '\0')
                         + "\xd6\xff" + std::string(4, '\0');
  REQUIRE(net::msgpack::parse(with_rest));
  for (std::size_t size = 0; size < with_rest.size(); ++size) {
    CAPTURE(size);
    CHECK(read(std::string_view{with_rest}.substr(0, size)) == cut_short);
  }
}

TEST_CASE("binary data is collected where it is wanted, and refused elsewhere", "[net][msgpack]") {
  const auto bytes = "\x94\xa2up\xc4\x03\0\x01\x02\x81\xa1"
                     "b\xc5\0\x01\xff\xc7\x02\0hi"sv; // the last is an ArrayBuffer of notepack
  CHECK_THAT(read(bytes), Catch::Contains("Binary"));
  const auto both = net::msgpack::parse_with_attachments(bytes, 3);
  REQUIRE(both);
  CHECK(
    net::json::write(both->value)
    == R"(["up",{"_placeholder":true,"num":0},{"b":{"_placeholder":true,"num":1}},)"
       R"({"_placeholder":true,"num":2}])");
  CHECK(both->attachments == std::vector<std::string>{"\0\x01\x02"s, "\xff", "hi"});
  CHECK_FALSE(net::msgpack::parse_with_attachments(bytes, 2));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(net::msgpack::parse_with_attachments(bytes.substr(0, size), 3));
  // Written again with its attachments it is the same, but for the ArrayBuffer, which is bin now.
  const auto again = net::msgpack::writer{}.value(both->value, both->attachments).take();
  const auto back = net::msgpack::parse_with_attachments(again, 3);
  REQUIRE(back);
  CHECK(back->value == both->value);
  CHECK(back->attachments == both->attachments);
}

TEST_CASE("a map that looks like a stand-in can't pass for an attachment", "[net][msgpack]") {
  const auto fake = net::msgpack::writer{}.json(R"([{"_placeholder":true,"num":0}])").take();
  CHECK(net::msgpack::parse(fake));
  CHECK_FALSE(net::msgpack::parse_with_attachments(fake, 10));
  const auto other = net::msgpack::writer{}.json(R"([{"_placeholder":1,"num":0}])").take();
  CHECK(net::msgpack::parse_with_attachments(other, 10));
}
