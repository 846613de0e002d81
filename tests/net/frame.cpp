#include "net/frame.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace {

std::string header_of(const net::frame& f) {
  return f.bytes.substr(0, f.header_size);
}

} // namespace

TEST_CASE("a frame has the shortest header that holds its length", "[net][frame]") {
  using namespace std::string_literals;
  struct row {
    std::size_t size;
    std::string header;
  };
  const auto at = GENERATE(values<row>({
    {0, "\x81\x00"s},
    {125, "\x81\x7d"s},
    {126, "\x81\x7e\x00\x7e"s},
    {65'535, "\x81\x7e\xff\xff"s},
    {65'536, "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s},
    {1'000'000, "\x81\x7f\x00\x00\x00\x00\x00\x0f\x42\x40"s},
  }));
  CAPTURE(at.size);
  const std::string payload(at.size, 'p');
  const auto text = net::make_text_frame(payload);
  CHECK(header_of(*text) == at.header);
  CHECK(text->payload() == payload);
  CHECK_FALSE(text->binary);
  const auto binary = net::make_binary_frame(payload);
  CHECK(header_of(*binary) == "\x82" + at.header.substr(1));
  CHECK(binary->binary);
}
