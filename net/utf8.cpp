#include "net/utf8.hpp"

#include <cstring>

namespace net {
namespace {

/// How many bytes from the front are ASCII for certain; eight at a time.
std::size_t ascii_prefix(std::string_view text) {
  constexpr std::uint64_t high_bits = 0x8080'8080'8080'8080;
  std::size_t done = 0;
  for (; text.size() - done >= sizeof(std::uint64_t); done += sizeof(std::uint64_t)) {
    std::uint64_t eight;
    std::memcpy(&eight, text.data() + done, sizeof eight);
    if ((eight & high_bits) != 0)
      break;
  }
  return done;
}

} // namespace

bool utf8_check::add(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (missing_ == 0) {
      i += ascii_prefix(bytes.substr(i));
      if (i == bytes.size())
        break;
    }
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    if (missing_ > 0) {
      if (byte < low_ || byte > high_)
        return false;
      low_ = 0x80;
      high_ = 0xBF;
      --missing_;
    } else if (byte < 0x80) {
      continue;
    } else if (byte >= 0xC2 && byte <= 0xDF) {
      missing_ = 1;
    } else if (byte >= 0xE0 && byte <= 0xEF) {
      missing_ = 2;
      low_ = byte == 0xE0 ? 0xA0 : 0x80;
      high_ = byte == 0xED ? 0x9F : 0xBF;
    } else if (byte >= 0xF0 && byte <= 0xF4) {
      missing_ = 3;
      low_ = byte == 0xF0 ? 0x90 : 0x80;
      high_ = byte == 0xF4 ? 0x8F : 0xBF;
    } else {
      return false;
    }
  }
  return true;
}

bool is_utf8(std::string_view text) {
  utf8_check check;
  return check.add(text) && check.is_whole();
}

} // namespace net
