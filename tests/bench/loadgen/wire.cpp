#include "tests/bench/loadgen/wire.hpp"

#include <array>
#include <cstring>

namespace loadgen {

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

} // namespace loadgen
