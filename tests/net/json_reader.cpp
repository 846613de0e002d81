#include "domain/limits.hpp"
#include "net/json/reader.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>

namespace {

bool is_accepted(std::string_view text) {
  const auto parsed = net::json::parse(text);
  if (!parsed) {
    CHECK(parsed.error().code == domain::errc::bad_request);
    CHECK_FALSE(parsed.error().message.empty());
  }
  return static_cast<bool>(parsed);
}

std::string nested(std::size_t depth, char open, char close) {
  return std::string(depth, open) + std::string(depth, close);
}

std::string nested_objects(std::size_t depth) {
  std::string text;
  for (std::size_t i = 1; i < depth; ++i)
    text += R"({"a":)";
  text += "{}";
  return text + std::string(depth - 1, '}');
}

std::string object_with(std::size_t keys) {
  std::string text = "{";
  for (std::size_t i = 0; i < keys; ++i)
    text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":0";
  return text + "}";
}

} // namespace

TEST_CASE("the JSON guard lets valid JSON pass as it is", "[net][json]") {
  const std::string_view text = GENERATE(
    R"({"a":[1,-2,3.5,true,false,null,"x"],"b":{"c":{}}})", R"("alone")", "0", "[]",
    R"(["\u00e9\ud83d\ude00","😀é"])", R"({"":1,"__proto":2,"proto__":3})", R"(["\u0000"])",
    "18446744073709551615", "-9223372036854775808", "1e308");
  CAPTURE(text);
  auto parsed = net::json::parse(text);
  REQUIRE(parsed);
  auto again = net::json::parse(net::json::write(*parsed));
  REQUIRE(again);
  CHECK(*again == *parsed);
}

TEST_CASE("the JSON guard reads every number to the last bit", "[net][json]") {
  const auto number = [](const char* text) {
    auto read = net::json::parse(text);
    REQUIRE(read);
    return read->GetDouble();
  };
  CHECK(number("0e69") == 0);
  CHECK(number("0.000e308") == 0);
  CHECK(std::signbit(number("-0.0")));
  CHECK(number("5e-324") == std::numeric_limits<double>::denorm_min());
  CHECK(number("1e-400") == 0);
  CHECK(number("1.7976931348623157e308") == std::numeric_limits<double>::max());
  CHECK(number("0.1") == 0.1);
  CHECK(number("9007199254740993.0") == 9007199254740992.0);
  CHECK(number("123456789012345678901234567890") == 123456789012345678901234567890.0);
  CHECK(net::json::parse("18446744073709551615")->GetUint64() == 18446744073709551615u);
  CHECK(net::json::parse("-9223372036854775808")->IsInt64());
  CHECK(net::json::parse("7")->IsInt());
  CHECK_FALSE(net::json::parse("7.0")->IsInt());
  CHECK_FALSE(net::json::parse("1e309"));
  CHECK_FALSE(net::json::parse("-" + std::string(400, '9')));
}

TEST_CASE("the JSON guard refuses what is not JSON", "[net][json]") {
  const std::string_view text = GENERATE(
    "", " ", "{", "}", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{a:1}", "{'a':1}", "[1] 2", "[1]x",
    "01", "+1", ".5", "1.", "- 1", "NaN", "Infinity", "-Infinity", "nul", "True", "\"\t\"",
    "\"\n\"", R"("\x")", R"("\u12")", "\"open", "// c\n1", "/**/1", "[1 2]", "1e400", "-1e400",
    "\xEF\xBB\xBF{}x");
  CAPTURE(text);
  CHECK_FALSE(is_accepted(text));
}

TEST_CASE("the JSON guard refuses a zero byte and what hides behind it", "[net][json]") {
  using namespace std::string_view_literals;
  CHECK_FALSE(is_accepted("[1]\0[2]"sv));
  CHECK_FALSE(is_accepted("[\"a\0b\"]"sv));
  CHECK_FALSE(is_accepted("\0"sv));
}

TEST_CASE("the JSON guard refuses broken UTF-8 and halves of surrogate pairs", "[net][json]") {
  const std::string_view text = GENERATE(
    R"("\ud800")", R"("\udc00")", R"("\udc00\ud800")", R"("\ud800\ud800")", R"("\ud800x")",
    R"({"\udfff":1})", "\"\xED\xA0\x80\"", "\"\xC0\xAF\"", "\"\xFF\"", "\"\xE2\x82\"",
    "\"\xF4\x90\x80\x80\"");
  CAPTURE(text);
  CHECK_FALSE(is_accepted(text));
}

TEST_CASE("the JSON guard refuses a key twice in one object, at any depth", "[net][json]") {
  CHECK_FALSE(is_accepted(R"({"a":1,"a":2})"));
  CHECK_FALSE(is_accepted(R"({"a":1,"\u0061":2})"));
  CHECK_FALSE(is_accepted(R"([{"x":{"b":{},"c":1,"b":[]}}])"));
  CHECK(is_accepted(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})"));
  CHECK_FALSE(is_accepted(R"({"a":{"z":1},"b":1,"a":2})"));
}

TEST_CASE("the JSON guard refuses keys that every JavaScript object has", "[net][json]") {
  const std::string key = GENERATE("__proto__", "constructor", "prototype", "\\u005f_proto__");
  CHECK_FALSE(is_accepted("{\"" + key + "\":1}"));
  CHECK_FALSE(is_accepted("[{\"a\":{\"" + key + "\":{}}}]"));
  CHECK(is_accepted("[\"" + key + "\"]"));
}

TEST_CASE("the JSON guard stops at its bounds", "[net][json]") {
  namespace limits = domain::limits;
  CHECK(is_accepted(nested(limits::json_depth, '[', ']')));
  CHECK_FALSE(is_accepted(nested(limits::json_depth + 1, '[', ']')));
  CHECK(is_accepted(nested_objects(limits::json_depth)));
  CHECK_FALSE(is_accepted(nested_objects(limits::json_depth + 1)));
  CHECK_FALSE(is_accepted(std::string(500'000, '[')));
  CHECK_FALSE(is_accepted(nested(400'000, '[', ']')));

  CHECK(is_accepted(object_with(limits::json_keys)));
  CHECK_FALSE(is_accepted(object_with(limits::json_keys + 1)));

  const auto key_of = [](std::size_t size) { return "{\"" + std::string(size, 'k') + "\":1}"; };
  CHECK(is_accepted(key_of(limits::json_key_bytes)));
  CHECK_FALSE(is_accepted(key_of(limits::json_key_bytes + 1)));

  const auto list_of = [](std::size_t values) {
    std::string text = "[0";
    for (std::size_t i = 2; i < values; ++i)
      text += ",0";
    return text + "]";
  };
  CHECK(is_accepted(list_of(limits::json_values)));
  CHECK_FALSE(is_accepted(list_of(limits::json_values + 1)));
}

TEST_CASE("the JSON guard refuses every beginning of a document but the whole", "[net][json]") {
  const std::string whole = R"({"roomId":"a","list":[1,2.5,{"x":"\u00e9😀"}],"n":null,"t":true})";
  REQUIRE(is_accepted(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(is_accepted(whole.substr(0, size)));
  }
}
