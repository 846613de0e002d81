#include "tests/bench/loadgen/wire.hpp"

#include <array>
#include <cstring>
#include <stdexcept>
#include <zlib.h>

namespace loadgen {

using namespace std::string_literals;

void append_text_frame(std::string& out, std::string_view payload) {
  // any key will do here: no proxy reads along that a fixed one could fool
  static constexpr std::array<char, 4> key{0x5a, 0x17, 0x33, 0x6e};
  out += static_cast<char>(0x81);
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  }
  out.append(key.data(), key.size());
  auto begin = out.size();
  out.append(payload);
  for (std::size_t i = 0; i < payload.size(); ++i)
    out[begin + i] = static_cast<char>(out[begin + i] ^ key[i & 3]);
}

std::string mark(std::uint32_t sequence) {
  std::string out{marker};
  for (int shift = 28; shift >= 0; shift -= 4)
    out += "0123456789abcdef"[(sequence >> shift) & 0x0f];
  return out;
}

std::string event_data(std::uint32_t sequence, std::size_t bytes) {
  auto out = R"({"m":")" + mark(sequence) + R"(","p":")";
  out.append(bytes - out.size() - 2, 'x');
  return out + R"("})";
}

std::string rows_data(std::uint32_t sequence, std::size_t bytes) {
  auto out = R"({"m":")" + mark(sequence) + R"(","rows":[)";
  for (std::uint32_t i = 0; out.size() + 80 < bytes; ++i) {
    const auto n = (sequence * 31 + i) * 2'654'435'761u;
    out += (i == 0 ? "" : ",") + R"({"id":)"s + std::to_string(n % 100'000) + R"(,"symbol":"SYM)"
           + std::to_string(n % 97) + R"(","price":)" + std::to_string(n % 9'999 + 1) + "."
           + std::to_string(n % 89 + 10) + "}";
  }
  out += R"(],"p":")";
  out.append(bytes - out.size() - 2, 'x');
  return out + R"("})";
}

std::string inflated(std::string_view payload) {
  std::string in{payload};
  in.append("\x00\x00\xff\xff", 4);
  std::string out(1 << 20, '\0');
  z_stream zip{};
  zip.next_in = reinterpret_cast<Bytef*>(in.data());
  zip.avail_in = static_cast<uInt>(in.size());
  zip.next_out = reinterpret_cast<Bytef*>(out.data());
  zip.avail_out = static_cast<uInt>(out.size());
  const bool is_good = inflateInit2(&zip, -15) == Z_OK && inflate(&zip, Z_SYNC_FLUSH) == Z_OK;
  inflateEnd(&zip);
  if (!is_good)
    throw std::runtime_error{"a compressed frame that is none"};
  out.resize(out.size() - zip.avail_out);
  return out;
}

} // namespace loadgen
