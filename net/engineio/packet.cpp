#include "net/engineio/packet.hpp"

#include <array>

namespace net::engineio {
namespace {

constexpr std::string_view alphabet =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::uint8_t no_digit = 0xFF;

constexpr auto digits = [] {
  std::array<std::uint8_t, 256> made{};
  made.fill(no_digit);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    made[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return made;
}();

constexpr std::uint8_t digit_of(char c) {
  return digits[static_cast<unsigned char>(c)];
}

} // namespace

std::optional<packet> decode(std::string_view text, std::string& storage) {
  if (text.empty())
    return std::nullopt;
  if (text.front() == 'b') {
    if (!decode_base64(text.substr(1), storage))
      return std::nullopt;
    return packet{packet_type::message, true, storage};
  }
  if (text.front() < '0' || text.front() > '6')
    return std::nullopt;
  return packet{static_cast<packet_type>(text.front() - '0'), false, text.substr(1)};
}

std::optional<packet> payload_reader::next() {
  if (is_done_ || is_broken_)
    return std::nullopt;
  const auto end = rest_.find(separator);
  const auto text = rest_.substr(0, end);
  if (end == rest_.npos)
    is_done_ = true;
  else
    rest_.remove_prefix(end + 1);
  auto made = decode(text, storage_);
  is_broken_ = !made;
  return made;
}

void append_to_payload(std::string& body, const frame& what) {
  for (std::string_view rest = what.bytes; !rest.empty();) {
    const auto part = take_frame(rest);
    if (!body.empty())
      body.push_back(separator);
    if (part.binary) {
      body.push_back('b');
      append_base64(body, part.payload);
    } else {
      body.append(part.payload);
    }
  }
}

void append_base64(std::string& out, std::string_view bytes) {
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  const auto at = [&](std::size_t i) -> std::uint32_t {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
  };
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    out.push_back(alphabet[group >> 18]);
    out.push_back(alphabet[group >> 12 & 63]);
    out.push_back(i + 1 < bytes.size() ? alphabet[group >> 6 & 63] : '=');
    out.push_back(i + 2 < bytes.size() ? alphabet[group & 63] : '=');
  }
}

bool decode_base64(std::string_view text, std::string& out) {
  out.clear();
  if (text.size() % 4 != 0)
    return false;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const auto c : text) {
    const auto digit = digit_of(c);
    if (digit == no_digit)
      return false;
    bits = bits << 6 | digit;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<char>(bits >> held & 0xFF));
    }
  }
  // Left-over bits must be zero, and as many as the padding says: else two texts would mean the
  // same bytes.
  return held == padding * 2 && (bits & ((1u << held) - 1)) == 0;
}

} // namespace net::engineio
