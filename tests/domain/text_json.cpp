#include "domain/json.hpp"
#include "domain/text.hpp"
#include "tests/support/seed.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using domain::append_json_string;
using domain::json_object;

namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

} // namespace

TEST_CASE("JSON strings escape what must be and copy the rest", "[json]") {
  struct row {
    std::string in;
    std::string out;
  };
  const auto rows = {
    row{"", "\"\""},
    row{"plain", "\"plain\""},
    row{"a\"b\\c", R"("a\"b\\c")"},
    row{"\b\t\n\f\r", R"("\b\t\n\f\r")"},
    row{std::string("\0\x1f\x7f", 3), "\"\\u0000\\u001f\x7f\""},
    row{"/", "\"/\""},
    row{"grüß 👋", "\"grüß 👋\""},
    row{"\n\n", R"("\n\n")"},
  };
  for (const auto& r : rows)
    CHECK(quoted(r.in) == r.out);
}

TEST_CASE("bytes that are not UTF-8 become U+FFFD, one for each maximal part", "[json]") {
  struct row {
    const char* in;
    const char* out;
  };
  // Unicode 15, tables 3-8 to 3-11
  const auto rows = {
    row{"a\xFF", "\"a\uFFFD\""},
    row{"\xC0\xAFx", "\"\uFFFD\uFFFDx\""},
    row{"\xE0\x9F\x80", "\"\uFFFD\uFFFD\uFFFD\""},
    row{"\xED\xA0\x80", "\"\uFFFD\uFFFD\uFFFD\""},
    row{"\xF4\x90\x80\x80", "\"\uFFFD\uFFFD\uFFFD\uFFFD\""},
    row{"\xE2\x82", "\"\uFFFD\""},
    row{"\xF0\x9F\x91", "\"\uFFFD\""},
    row{"\xE2\x82\x41", "\"\uFFFD\x41\""},
    row{"\xE2\x82\"", "\"\uFFFD\\\"\""},
    row{"\x80", "\"\uFFFD\""},
  };
  for (const auto& r : rows)
    CHECK(quoted(r.in) == r.out);
}

TEST_CASE("whatever the bytes, a JSON string is UTF-8 between two quotes", "[json][property]") {
  const auto seed = support::test_seed();
  INFO("TROUPE_TEST_SEED=" << seed);
  support::dice dice{seed};
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(dice.below(24), ' ');
    for (auto& b : bytes)
      b = static_cast<char>(dice.one_in(2) ? dice.below(256) : 0x20 + dice.below(0x60));
    const auto text = quoted(bytes);
    REQUIRE(domain::count_characters(text));
    REQUIRE(text.front() == '"');
    REQUIRE(text.back() == '"');
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
      REQUIRE(static_cast<unsigned char>(text[i]) >= 0x20);
      REQUIRE(text[i] != '"');
      if (text[i] == '\\')
        ++i;
      REQUIRE(i + 1 < text.size());
    }
    if (domain::count_characters(bytes))
      REQUIRE(text.find("\uFFFD") == bytes.find("\uFFFD"));
  }
}

TEST_CASE("a JSON object is written key by key", "[json]") {
  CHECK(json_object{}.take() == "{}");
  CHECK(
    json_object{}
      .text("a", "x")
      .text_or_null("b", "")
      .text_or_null("c", "y")
      .number("d", std::int64_t{-5})
      .number("e", UINT64_MAX)
      .real("f", 0.5)
      .real("g", NAN)
      .boolean("h", true)
      .raw("i", "[1]")
      .take()
    == R"({"a":"x","b":null,"c":"y","d":-5,"e":18446744073709551615,"f":0.5,"g":null,"h":true,"i":[1]})");
}

TEST_CASE("trim takes Unicode white space from both ends only", "[text]") {
  CHECK(domain::trim("  a b\t\n") == "a b");
  CHECK(domain::trim("\u00A0\u2003x\u3000\uFEFF") == "x");
  CHECK(domain::trim(" \u2028 ").empty());
  CHECK(domain::trim("\u200Bx") == "\u200Bx");
  CHECK(domain::trim("\xFF ") == "\xFF");
  CHECK(domain::trim(" \x80") == "\x80");
  CHECK(domain::trim("é") == "é");
}

TEST_CASE("characters are code points, and bad UTF-8 has none", "[text]") {
  CHECK(domain::count_characters("") == 0u);
  CHECK(domain::count_characters("aé€👋") == 4u);
  CHECK_FALSE(domain::count_characters("a\xC3"));
  CHECK_FALSE(domain::count_characters("\xED\xBF\xBF"));
}
