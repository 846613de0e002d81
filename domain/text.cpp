#include "domain/text.hpp"

namespace domain {

namespace {

bool is_space(char32_t c) {
  switch (c) {
  case U'\t':
  case U'\n':
  case U'\v':
  case U'\f':
  case U'\r':
  case U' ':
  case 0x00A0:
  case 0x1680:
  case 0x2028:
  case 0x2029:
  case 0x202F:
  case 0x205F:
  case 0x3000:
  case 0xFEFF:
    return true;
  default:
    return c >= 0x2000 && c <= 0x200A;
  }
}

unsigned byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

} // namespace

// Unicode 15, table 3-7: which second bytes a first byte allows.
utf8_step next_character(std::string_view text) {
  const unsigned lead = byte_at(text, 0);
  if (lead < 0x80)
    return {1, static_cast<char32_t>(lead)};
  std::size_t length = 0;
  unsigned low = 0x80;
  unsigned high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0)
      low = 0xA0;
    else if (lead == 0xED)
      high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0)
      low = 0x90;
    else if (lead == 0xF4)
      high = 0x8F;
  } else {
    return {1, std::nullopt};
  }
  char32_t c = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (i == text.size())
      return {i, std::nullopt};
    const unsigned b = byte_at(text, i);
    if (b < low || b > high)
      return {i, std::nullopt};
    c = (c << 6) | (b & 0x3Fu);
    low = 0x80;
    high = 0xBF;
  }
  return {length, c};
}

std::optional<std::size_t> count_characters(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    const auto step = next_character(text);
    if (!step.character)
      return std::nullopt;
    text.remove_prefix(step.bytes);
    ++count;
  }
  return count;
}

std::string_view trim(std::string_view text) {
  while (!text.empty()) {
    const auto step = next_character(text);
    if (!step.character || !is_space(*step.character))
      break;
    text.remove_prefix(step.bytes);
  }
  while (!text.empty()) {
    auto start = text.size() - 1;
    while (start > 0 && text.size() - start < 4 && (byte_at(text, start) & 0xC0u) == 0x80u)
      --start;
    const auto step = next_character(text.substr(start));
    if (!step.character || start + step.bytes != text.size() || !is_space(*step.character))
      break;
    text.remove_suffix(step.bytes);
  }
  return text;
}

std::string to_lower_ascii(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool has_control_characters(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      return true;
  return false;
}

} // namespace domain
