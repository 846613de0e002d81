#include "net/frame.hpp"
#include "net/rfc6455/compression.hpp"
#include "net/rfc6455/message_reader.hpp"
#include "tests/support/seed.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace net::rfc6455;
using namespace std::string_literals;

namespace {

constexpr std::size_t bound = 1'000;

/// A client's frame.
std::string frame_of(
  int first_byte, std::string_view payload,
  std::array<unsigned char, 4> mask = {0x37, 0xfa, 0x21, 0x3d}) {
  std::string out{static_cast<char>(first_byte)};
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(0x80 | payload.size()));
  } else {
    out.push_back(static_cast<char>(0x80 | 126));
    out.push_back(static_cast<char>(payload.size() >> 8));
    out.push_back(static_cast<char>(payload.size() & 0xFF));
  }
  for (const auto byte : mask)
    out.push_back(static_cast<char>(byte));
  for (std::size_t i = 0; i < payload.size(); ++i)
    out.push_back(static_cast<char>(static_cast<unsigned char>(payload[i]) ^ mask[i & 3]));
  return out;
}

std::string close_frame(std::uint16_t code, std::string_view reason = {}) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  payload += reason;
  return frame_of(0x88, payload);
}

struct seen {
  found what;
  std::string data;
  bool binary = false;
  std::uint16_t code = 0;

  bool operator==(const seen& other) const {
    return what == other.what && data == other.data && binary == other.binary && code == other.code;
  }
};

std::ostream& operator<<(std::ostream& out, const seen& s) {
  return out << "{" << static_cast<int>(s.what) << " '" << s.data.substr(0, 40) << "' " << s.binary
             << ' ' << s.code << "}";
}

/// Everything that a reader makes of the bytes when they come in these pieces.
std::vector<seen> read_all(std::string bytes, std::size_t piece, bool deflates = false) {
  message_reader reader{bound};
  if (deflates)
    reader.accept_compressed();
  std::vector<seen> all;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    auto* from = bytes.data() + at;
    auto* const to = bytes.data() + std::min(at + piece, bytes.size());
    for (;;) {
      const auto what = reader.read(from, to);
      if (what == found::nothing)
        break;
      const bool has_code = what == found::close || what == found::broken;
      all.push_back(
        {what, what == found::broken ? ""s : std::string{reader.data()},
         what == found::message && reader.is_binary(),
         has_code ? reader.code() : std::uint16_t{0}});
      if (has_code)
        return all;
    }
  }
  return all;
}

} // namespace

TEST_CASE("what a stretch of frames says does not depend on where it is cut", "[net][rfc6455]") {
  struct row {
    std::string what;
    std::string bytes;
    std::vector<seen> all;
  };
  const std::string big(300, 'x');
  const auto at = GENERATE_COPY(values<row>({
    {"a text", frame_of(0x81, "Hello"), {{found::message, "Hello"}}},
    {"an empty text", frame_of(0x81, ""), {{found::message, ""}}},
    {"an empty binary", frame_of(0x82, ""), {{found::message, "", true}}},
    {"sixteen bits of length", frame_of(0x82, big), {{found::message, big, true}}},
    {"two messages",
     frame_of(0x81, "a") + frame_of(0x82, "b"),
     {{found::message, "a"}, {found::message, "b", true}}},
    {"fragments", frame_of(0x01, "Hel") + frame_of(0x80, "lo"), {{found::message, "Hello"}}},
    {"empty fragments",
     frame_of(0x01, "") + frame_of(0x00, "") + frame_of(0x80, ""),
     {{found::message, ""}}},
    {"an empty first fragment", frame_of(0x01, "") + frame_of(0x80, "x"), {{found::message, "x"}}},
    {"a ping between fragments",
     frame_of(0x01, "Hel") + frame_of(0x89, "p") + frame_of(0x00, "l") + frame_of(0x8A, "q")
       + frame_of(0x80, "o"),
     {{found::ping, "p"}, {found::pong, "q"}, {found::message, "Hello"}}},
    {"UTF-8 cut by a fragment",
     frame_of(0x01, "\xce"s) + frame_of(0x80, "\xba"s),
     {{found::message, "\xce\xba"}}},
    {"UTF-8 cut off", frame_of(0x81, "\xce"s), {{found::broken, "", false, 1007}}},
    {"UTF-8 broken in a fragment",
     frame_of(0x01, "ok\xed\xa0\x80"s),
     {{found::broken, "", false, 1007}}},
    {"bytes that are no text in a binary",
     frame_of(0x82, "\xff\xfe"s),
     {{found::message, "\xff\xfe", true}}},
    {"no UTF-8 asked of a ping", frame_of(0x89, "\xff"s), {{found::ping, "\xff"}}},
    {"a close", close_frame(1000, "bye"), {{found::close, "bye", false, 1000}}},
    {"a close without a code", frame_of(0x88, ""), {{found::close, "", false, 1005}}},
    {"half a close code", frame_of(0x88, "\x03"s), {{found::broken, "", false, 1002}}},
    {"a close reason that is no text",
     close_frame(1000, "\xff"),
     {{found::broken, "", false, 1007}}},
    {"an unmasked frame", "\x81\x01x"s, {{found::broken, "", false, 1002}}},
    {"a compressed frame that was not agreed upon",
     frame_of(0xC1, "x"),
     {{found::broken, "", false, 1002}}},
    {"a continuation of nothing", frame_of(0x80, "x"), {{found::broken, "", false, 1002}}},
    {"a message within a message",
     frame_of(0x01, "x") + frame_of(0x81, "y"),
     {{found::broken, "", false, 1002}}},
    {"a fragmented ping", frame_of(0x09, "x"), {{found::broken, "", false, 1002}}},
    {"a reserved opcode", frame_of(0x83, ""), {{found::broken, "", false, 1002}}},
    {"exactly the bound",
     frame_of(0x82, std::string(bound, 'y')),
     {{found::message, std::string(bound, 'y'), true}}},
    {"one byte above the bound",
     frame_of(0x82, std::string(bound + 1, 'y')),
     {{found::broken, "", false, 1009}}},
    {"above the bound in fragments",
     frame_of(0x02, std::string(600, 'y')) + frame_of(0x80, std::string(600, 'y')),
     {{found::broken, "", false, 1009}}},
  }));
  CAPTURE(at.what);
  for (const std::size_t piece : {1u, 2u, 3u, 5u, 7u, 64u, 100'000u}) {
    CAPTURE(piece);
    CHECK(read_all(at.bytes, piece) == at.all);
  }
}

TEST_CASE(
  "an oversized or malformed frame is refused before its payload is there", "[net][rfc6455]") {
  CHECK(read_all("\x82\xff\x00\x00\x00\x00\x40\x00\x00\x00mask"s, 1).back().code == 1009);
  CHECK(read_all("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00mask"s, 1).back().code == 1009);
  CHECK(read_all("\x82\xfe\x00\x05mask"s, 1).back().code == 1002);
  CHECK(read_all("\x82\xff\x00\x00\x00\x00\x00\x00\xff\xffmask"s, 1).back().code == 1002);
  CHECK(read_all("\x89\xfe"s, 1).back().code == 1002);
  CHECK(read_all("\xb1"s + "\x80"s, 1).back().code == 1002);
}

TEST_CASE("every close code is one that may be on the wire, or an error", "[net][rfc6455]") {
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1011, 1012, 1014, 3000, 3999, 4000, 4999})
    CHECK(read_all(close_frame(static_cast<std::uint16_t>(code)), 100).back().what == found::close);
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65'535}) {
    CAPTURE(code);
    const auto last = read_all(close_frame(static_cast<std::uint16_t>(code)), 100).back();
    CHECK((last.what == found::broken && last.code == 1002));
  }
}

TEST_CASE("an idle reader keeps nothing", "[net][rfc6455]") {
  message_reader reader{bound};
  CHECK(reader.is_idle());
  auto bytes = frame_of(0x01, "a") + frame_of(0x80, "b");
  auto* at = bytes.data();
  auto* const end = bytes.data() + bytes.size();
  auto* half = at;
  CHECK(reader.read(half, at + 8) == found::nothing);
  CHECK_FALSE(reader.is_idle());
  CHECK(reader.read(half, end) == found::message);
  CHECK(reader.read(half, end) == found::nothing);
  CHECK(reader.is_idle());
}

TEST_CASE("a mask is taken off from any byte on", "[net][rfc6455]") {
  const auto seed = support::test_seed();
  INFO("TROUPE_TEST_SEED=" << seed);
  std::mt19937_64 random{seed};
  for (int round = 0; round < 500; ++round) {
    std::string plain(random() % 70, '\0');
    for (auto& c : plain)
      c = static_cast<char>(random());
    const std::array<unsigned char, 4> mask{
      static_cast<unsigned char>(random()), static_cast<unsigned char>(random()),
      static_cast<unsigned char>(random()), static_cast<unsigned char>(random())};
    auto masked = plain;
    for (std::size_t i = 0; i < masked.size(); ++i)
      masked[i] = static_cast<char>(static_cast<unsigned char>(masked[i]) ^ mask[i & 3]);
    std::uint8_t at = 0;
    for (std::size_t done = 0; done < masked.size();) {
      const auto size = std::min<std::size_t>(1 + random() % 20, masked.size() - done);
      at = unmask(masked.data() + done, size, mask, at);
      done += size;
    }
    REQUIRE(masked == plain);
  }
}

// -- RFC 7692 --

TEST_CASE("compressed messages of RFC 7692's examples are understood", "[net][rfc6455]") {
  struct row {
    std::string what;
    std::string bytes;
    std::vector<seen> all;
  };
  const auto at = GENERATE(values<row>({
    {"7.2.3.1 one block",
     frame_of(0xC1, "\xf2\x48\xcd\xc9\xc9\x07\x00"s),
     {{found::message, "Hello"}}},
    {"7.2.3.1 in two fragments",
     frame_of(0x41, "\xf2\x48\xcd"s) + frame_of(0x80, "\xc9\xc9\x07\x00"s),
     {{found::message, "Hello"}}},
    {"7.2.3.3 no compression",
     frame_of(0xC1, "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s),
     {{found::message, "Hello"}}},
    {"7.2.3.4 a final block",
     frame_of(0xC1, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s),
     {{found::message, "Hello"}}},
    {"7.2.3.5 two blocks",
     frame_of(0xC1, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s),
     {{found::message, "Hello"}}},
    {"7.2.3.6 an empty message", frame_of(0xC1, "\x00"s), {{found::message, ""}}},
    {"a message without a byte", frame_of(0xC2, ""), {{found::message, "", true}}},
    {"a plain message beside compressed ones",
     frame_of(0x81, "a") + frame_of(0xC1, "\xf2\x48\xcd\xc9\xc9\x07\x00"s),
     {{found::message, "a"}, {found::message, "Hello"}}},
    {"no reference into the message before",
     frame_of(0xC1, "\xf2\x48\xcd\xc9\xc9\x07\x00"s) + frame_of(0xC1, "\xf2\x00\x11\x00\x00"s),
     {{found::message, "Hello"}, {found::broken, "", false, 1007}}},
    {"garbage", frame_of(0xC1, "\xff\xff\xff\xff"s), {{found::broken, "", false, 1007}}},
    {"cut off", frame_of(0xC1, "\xf2\x48\xcd"s), {{found::broken, "", false, 1007}}},
    {"compressed bytes that are no text",
     frame_of(0xC1, "\x00\x01\x00\xfe\xff\xff\x00"s),
     {{found::broken, "", false, 1007}}},
    {"RSV1 on a continuation",
     frame_of(0x41, "\xf2\x48\xcd"s) + frame_of(0xC0, "\xc9\xc9\x07"s),
     {{found::broken, "", false, 1002}}},
    {"RSV1 on a ping", frame_of(0xC9, "x"), {{found::broken, "", false, 1002}}},
  }));
  CAPTURE(at.what);
  for (const std::size_t piece : {1u, 3u, 100'000u}) {
    CAPTURE(piece);
    CHECK(read_all(at.bytes, piece, true) == at.all);
  }
}

TEST_CASE("what is compressed is read back, whatever the window", "[net][rfc6455]") {
  const auto seed = support::test_seed();
  INFO("TROUPE_TEST_SEED=" << seed);
  std::mt19937_64 random{seed};
  for (std::uint8_t bits = 8; bits <= 15; ++bits) {
    for (const std::size_t size : {0u, 1u, 255u, 256u, 257u, 5'000u, 100'000u}) {
      CAPTURE(int{bits}, size);
      std::string text(size, '\0');
      for (auto& c : text)
        c = "abcdefgh"[random() % 8];
      const auto plain = net::make_text_frame(text);
      const auto packed = compress(plain, bits);
      if (bits == 8 && size > 256) {
        CHECK(packed == plain);
        continue;
      }
      REQUIRE(packed->compressed);
      CHECK((packed->bytes[0] & 0x70) == 0x40);
      std::string again;
      REQUIRE(inflate_message(packed->payload(), text.size(), again) == inflated_as::whole);
      CHECK(again == text);
      if (size > 0)
        CHECK(inflate_message(packed->payload(), text.size() - 1, again) == inflated_as::too_big);
    }
  }
}

TEST_CASE("a compression bomb costs no more than the bound", "[net][rfc6455]") {
  const auto bomb = compress(net::make_text_frame(std::string(900'000, 'a')), 15);
  REQUIRE(bomb->payload().size() < bound);
  CHECK(read_all(frame_of(0xC1, bomb->payload()), 10, true).back().code == 1009);
  std::string into;
  CHECK(inflate_message(bomb->payload(), bound, into) == inflated_as::too_big);
  CHECK(into.capacity() < 64 * 1'024);
}

TEST_CASE("the first good offer of permessage-deflate is agreed to", "[net][rfc6455]") {
  const std::string base = "permessage-deflate; server_no_context_takeover; "
                           "client_no_context_takeover";
  struct row {
    std::string offers;
    std::string answer; // empty: declined
  };
  const auto at = GENERATE_COPY(values<row>({
    {"", ""},
    {"permessage-deflate", base},
    {" permessage-deflate ", base},
    {"permessage-deflate; client_max_window_bits", base},
    {"permessage-deflate; client_max_window_bits=10", base},
    {"permessage-deflate; client_max_window_bits=\"10\"", base},
    {"permessage-deflate; server_no_context_takeover", base},
    {"permessage-deflate;client_no_context_takeover;server_no_context_takeover", base},
    {"permessage-deflate; server_max_window_bits=10", base + "; server_max_window_bits=10"},
    {"permessage-deflate; server_max_window_bits=8", base + "; server_max_window_bits=8"},
    {"permessage-deflate; server_max_window_bits=15; client_max_window_bits=15",
     base + "; server_max_window_bits=15"},
    {"x-other; a=b, permessage-deflate", base},
    {"permessage-deflate; server_max_window_bits=7, permessage-deflate", base},
    {"permessage-deflate; unknown, permessage-deflate; server_max_window_bits=9",
     base + "; server_max_window_bits=9"},
    {"x; quoted=\"a,permessage-deflate\"", ""},
    {"permessage-deflate; unknown", ""},
    {"permessage-deflate; server_max_window_bits", ""},
    {"permessage-deflate; server_max_window_bits=", ""},
    {"permessage-deflate; server_max_window_bits=16", ""},
    {"permessage-deflate; server_max_window_bits=7", ""},
    {"permessage-deflate; server_max_window_bits=08", ""},
    {"permessage-deflate; server_max_window_bits=1 0", ""},
    {"permessage-deflate; server_max_window_bits=10; server_max_window_bits=10", ""},
    {"permessage-deflate; client_max_window_bits=", ""},
    {"permessage-deflate; client_max_window_bits=16", ""},
    {"permessage-deflate; client_max_window_bits; client_max_window_bits", ""},
    {"permessage-deflate; server_no_context_takeover=1", ""},
    {"permessage-deflate; server_no_context_takeover; server_no_context_takeover", ""},
    {"permessage-deflate; client_no_context_takeover=true", ""},
    {"permessage-deflate; ; client_max_window_bits", ""},
    {"x-webkit-deflate-frame", ""},
    {"permessage-bzip2", ""},
  }));
  CAPTURE(at.offers);
  const auto agreed = agree_on_deflate(at.offers);
  CHECK((agreed ? agreed->answer : "") == at.answer);
}
