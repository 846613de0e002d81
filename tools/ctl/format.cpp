#include "tools/ctl/format.hpp"

#include <array>
#include <cstdio>

namespace ctl {

namespace {

std::string with_unit(double value, const char* unit) {
  std::array<char, 32> text{};
  const int decimals = value < 10 ? 2 : value < 100 ? 1 : 0;
  std::snprintf(text.data(), text.size(), "%.*f%s", decimals, value, unit);
  return text.data();
}

std::string in_two(std::uint64_t large, const char* unit, std::uint64_t small) {
  std::array<char, 48> text{};
  std::snprintf(
    text.data(), text.size(), "%llu%s%02llu", static_cast<unsigned long long>(large), unit,
    static_cast<unsigned long long>(small));
  return text.data();
}

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

} // namespace

std::string human_count(std::uint64_t n) {
  const auto value = static_cast<double>(n);
  // the bounds are where rounding would show 1000 of the smaller unit
  if (n < 10'000)
    return std::to_string(n);
  if (n < 999'500)
    return with_unit(value / 1e3, "k");
  if (n < 999'500'000)
    return with_unit(value / 1e6, "M");
  return with_unit(value / 1e9, "G");
}

std::string human_duration(std::uint64_t us) {
  const auto value = static_cast<double>(us);
  const auto seconds = us / 1'000'000;
  if (us == 0)
    return "0";
  if (us < 1'000)
    return std::to_string(us) + "µs";
  if (us < 999'500)
    return with_unit(value / 1e3, "ms");
  if (seconds < 60)
    return with_unit(value / 1e6, "s");
  if (seconds < 3'600)
    return in_two(seconds / 60, "m", seconds % 60);
  if (seconds < 86'400)
    return in_two(seconds / 3'600, "h", seconds / 60 % 60);
  return in_two(seconds / 86'400, "d", seconds / 3'600 % 24);
}

std::size_t display_width(std::string_view utf8) {
  std::size_t width = 0;
  for (const char c : utf8)
    width += continues(c) ? 0 : 1;
  return width;
}

std::string shortened(std::string_view utf8, std::size_t width) {
  if (display_width(utf8) <= width)
    return std::string{utf8};
  std::size_t end = 0;
  for (std::size_t seen = 0; end < utf8.size(); ++end) {
    if (continues(utf8[end]))
      continue;
    if (++seen == width)
      break;
  }
  return std::string{utf8.substr(0, end)} + "…";
}

std::string printable(std::string_view utf8) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    const bool is_c1 =
      byte == 0xC2 && i + 1 < utf8.size() && static_cast<unsigned char>(utf8[i + 1]) < 0xA0;
    if (is_c1)
      ++i;
    out += byte < 0x20 || byte == 0x7F || is_c1 ? ' ' : utf8[i];
  }
  return out;
}

} // namespace ctl
