// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
#pragma once

#include <cstdint>
#include <string_view>

namespace net {

/// Checks text that comes in parts, and says no at the first byte that cannot be right.
class utf8_check {
public:
  /// False: broken; the check is of no use until reset().
  bool add(std::string_view bytes);
  /// No code point is cut off.
  bool is_whole() const { return missing_ == 0; }
  void reset() { *this = {}; }

private:
  std::uint8_t missing_ = 0;              // continuation bytes of the code point that has begun
  std::uint8_t low_ = 0x80, high_ = 0xBF; // bounds of the next of them
};

bool is_utf8(std::string_view text);

} // namespace net
