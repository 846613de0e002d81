#include "tests/bench/loadgen/histogram.hpp"
#include "tests/bench/loadgen/swarm.hpp"
#include "tests/bench/loadgen/token.hpp"
#include "tests/bench/loadgen/wire.hpp"

#include <catch2/catch.hpp>

#include <string>

TEST_CASE("the load generator's histogram is right within its bucket's width", "[bench]") {
  loadgen::histogram latencies;
  CHECK(latencies.microseconds_at(0.5) == 0);
  for (std::uint64_t i = 1; i <= 100'000; ++i)
    latencies.add(i * 1'000);
  CHECK(latencies.microseconds_at(0.50) == Approx(50'000).epsilon(0.03));
  CHECK(latencies.microseconds_at(0.99) == Approx(99'000).epsilon(0.03));
  CHECK(latencies.microseconds_at(0.00) == Approx(1).epsilon(0.03));
  latencies.add(~std::uint64_t{0}); // the last bucket exists
}

TEST_CASE("the load generator reads a server's frames however they are cut", "[bench]") {
  auto size = GENERATE(std::size_t{0}, std::size_t{125}, std::size_t{126}, std::size_t{70'000});
  std::string bytes{'\x81'};
  if (size < 126) {
    bytes += static_cast<char>(size);
  } else if (size < 65'536) {
    bytes += {'\x7e', static_cast<char>(size >> 8), static_cast<char>(size & 0xff)};
  } else {
    bytes +=
      {'\x7f',
       0,
       0,
       0,
       0,
       0,
       static_cast<char>(size >> 16),
       static_cast<char>((size >> 8) & 0xff),
       static_cast<char>(size & 0xff)};
  }
  bytes += std::string(size, 'p');
  loadgen::frame read;
  for (std::size_t length = 0; length < bytes.size(); length += 1 + length / 20)
    CHECK(loadgen::read_frame({bytes.data(), length}, read) == 0);
  auto followed = bytes + "\x81";
  CHECK(loadgen::read_frame(followed, read) == bytes.size());
  CHECK(read.opcode == 1);
  CHECK(read.payload == std::string(size, 'p'));
}

TEST_CASE("an event of the load generator has its size and gives its number back", "[bench]") {
  auto data = loadgen::event_data(0xdeadbe0f, 64);
  CHECK(data.size() == 64);
  auto place = data.find(loadgen::marker);
  CHECK(loadgen::sequence_at(data, place) == 0xdeadbe0f);
  CHECK_FALSE(loadgen::sequence_at(data, place + 1));
  CHECK_FALSE(loadgen::sequence_at(data.substr(0, place + 8), place));
}

TEST_CASE("rows of the load generator have their size and their number", "[bench]") {
  for (const std::size_t size : {200u, 2'048u}) {
    const auto data = loadgen::rows_data(42, size);
    CHECK(data.size() == size);
    CHECK(loadgen::sequence_at(data, data.find(loadgen::marker)) == 42);
  }
}

TEST_CASE("the load generator inflates what is compressed, and nothing else", "[bench]") {
  CHECK(loadgen::inflated({"\xf2\x48\xcd\xc9\xc9\x07\x00", 7}) == "Hello");
  CHECK_THROWS(loadgen::inflated("\xff\xff\xff\xff"));
}

TEST_CASE("the load generator masks what it sends", "[bench]") {
  std::string out;
  loadgen::append_text_frame(out, "hello");
  REQUIRE(out.size() == 2 + 4 + 5);
  CHECK(out.substr(0, 2) == "\x81\x85");
  std::string text;
  for (std::size_t i = 0; i < 5; ++i)
    text += static_cast<char>(out[6 + i] ^ out[2 + i % 4]);
  CHECK(text == "hello");
}

TEST_CASE("the load generator's tokens have three parts of base64url", "[bench]") {
  auto token = loadgen::mint_token("secret", 7);
  CHECK(token.starts_with("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."));
  CHECK(token.size() - token.rfind('.') - 1 == 43); // 32 bytes
  CHECK(token.find_first_of("+/=") == std::string::npos);
}
