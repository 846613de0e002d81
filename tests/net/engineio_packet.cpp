#include "net/engineio/packet.hpp"
#include "net/utf8.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace std::string_literals;
using net::engineio::packet_type;

namespace {

struct owned_packet {
  packet_type type;
  bool binary;
  std::string data;
  friend bool operator==(const owned_packet&, const owned_packet&) = default;
};

std::vector<owned_packet> read_all(std::string_view body, bool& broken) {
  std::vector<owned_packet> all;
  net::engineio::payload_reader reader{body};
  while (const auto p = reader.next())
    all.push_back({p->type, p->binary, std::string{p->data}});
  broken = reader.is_broken();
  return all;
}

} // namespace

TEST_CASE("an Engine.IO packet is one digit and its data", "[net][engineio]") {
  std::string storage;
  const auto p = net::engineio::decode("4hello", storage);
  REQUIRE(p);
  CHECK(p->type == packet_type::message);
  CHECK(p->data == "hello");
  CHECK_FALSE(p->binary);
  CHECK(net::engineio::decode("2", storage)->data.empty());
  CHECK(net::engineio::decode("2probe", storage)->data == "probe");
  CHECK(net::engineio::decode("6", storage)->type == packet_type::noop);
}

TEST_CASE("a text packet that begins with b is binary in base64", "[net][engineio]") {
  std::string storage;
  const auto p = net::engineio::decode("bAQIDBA==", storage);
  REQUIRE(p);
  CHECK(p->binary);
  CHECK(p->type == packet_type::message);
  CHECK(p->data == "\x01\x02\x03\x04");
  CHECK(net::engineio::decode("b", storage)->data.empty());
}

TEST_CASE("an undecodable Engine.IO packet is nothing", "[net][engineio]") {
  std::string storage;
  const auto text = GENERATE(
    ""s, "7"s, "abc"s, "-1"s, " 4x"s, "\x04x"s, "bA"s, "bA==="s, "b===="s, "bAQ=="s + "=",
    "bAQI"s + "D BA=", "bA-_A"s, "bAQIDBB=="s, "bAQJ="s, "b\n"s, "bAQID\n"s, "B AQ="s, "\xff"s,
    "b=AAA"s, "bAA=A"s);
  CAPTURE(text);
  CHECK_FALSE(net::engineio::decode(text, storage));
}

TEST_CASE("a payload's packets come in order", "[net][engineio]") {
  bool broken = true;
  const auto all = read_all(
    "4a\x1e"
    "2\x1e"
    "bAQID\x1e"
    "4\x1e"
    "1",
    broken);
  CHECK_FALSE(broken);
  CHECK(
    all
    == std::vector<owned_packet>{
      {packet_type::message, false, "a"},
      {packet_type::ping, false, ""},
      {packet_type::message, true, "\x01\x02\x03"},
      {packet_type::message, false, ""},
      {packet_type::close, false, ""}});
}

TEST_CASE("a payload is broken from its first broken packet on", "[net][engineio]") {
  const auto body = GENERATE(
    ""s, "\x1e"s, "4a\x1e"s,
    "\x1e"
    "4a"s,
    "4a\x1e\x1e"
    "4b"s,
    "4a\x1e"
    "x"s,
    "abc"s);
  CAPTURE(body);
  bool broken = false;
  const auto all = read_all(body, broken);
  CHECK(broken);
  for (const auto& each : all)
    CHECK(each == owned_packet{packet_type::message, false, "a"});
}

TEST_CASE("base64 survives the way there and back at every length", "[net][engineio]") {
  std::string bytes;
  for (int i = 0; i < 260; ++i) {
    std::string text, back;
    net::engineio::append_base64(text, bytes);
    CHECK(text.size() % 4 == 0);
    REQUIRE(net::engineio::decode_base64(text, back));
    CHECK(back == bytes);
    bytes.push_back(static_cast<char>(i * 7));
  }
}

TEST_CASE("frames are joined into one payload, binary in base64", "[net][engineio]") {
  std::string body;
  net::engineio::append_to_payload(body, *net::make_text_frame("2"));
  net::engineio::append_to_payload(body, *net::make_binary_frame("\x01\x02\x03\x04"));
  net::engineio::append_to_payload(body, *net::make_text_frame(std::string(70'000, 'x')));
  CHECK(
    body
    == "2\x1e"
       "bAQIDBA==\x1e"
         + std::string(70'000, 'x'));
}

TEST_CASE("UTF-8 is told from what is not", "[net][engineio]") {
  for (const auto& good :
       {""s, "plain"s, "é"s, "€"s, "😀"s, "\xED\x9F\xBF"s, "\xEE\x80\x80"s, "\xF4\x8F\xBF\xBF"s,
        "\x00"s})
    CHECK(net::is_utf8(good));
  for (const auto& bad :
       {"\x80"s, "\xC0\xAF"s, "\xC1\xBF"s, "\xE0\x80\x80"s, "\xED\xA0\x80"s, "\xF0\x80\x80\x80"s,
        "\xF4\x90\x80\x80"s, "\xF5\x80\x80\x80"s, "\xFF"s, "\xE2\x82"s, "\xE2\x28\xA1"s, "a\xC3"s})
    CHECK_FALSE(net::is_utf8(bad));
}

TEST_CASE("UTF-8 cut inside a code point is not UTF-8", "[net][engineio]") {
  const auto text = "aé€😀b"s;
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const bool at_edge =
      size == text.size() || (static_cast<unsigned char>(text[size]) & 0xC0) != 0x80;
    CAPTURE(size);
    CHECK(net::is_utf8(std::string_view{text}.substr(0, size)) == at_edge);
  }
}
