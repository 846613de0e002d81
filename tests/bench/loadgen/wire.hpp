// What a Socket.IO client says over a WebSocket, and the little of it that must be read to count.
// RFC 6455 §5.2 (frames), Engine.IO 4 and Socket.IO 5 (text packets).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loadgen {

/// Appends a masked text frame.
void append_text_frame(std::string& out, std::string_view payload);

struct frame {
  unsigned opcode = 0;
  bool is_compressed = false;
  std::string_view payload; // points into the bytes that were read
};
/// The frame at the start of `bytes` and how long it is; 0 when it is not complete yet.
inline std::size_t read_frame(std::string_view bytes, frame& out) {
  if (bytes.size() < 2)
    return 0;
  auto byte = [&](std::size_t i) { return std::size_t{static_cast<unsigned char>(bytes[i])}; };
  std::size_t header = 2;
  auto length = byte(1) & 0x7f;
  if (length == 126) {
    header = 4;
    if (bytes.size() < header)
      return 0;
    length = (byte(2) << 8) | byte(3);
  } else if (length == 127) {
    header = 10;
    if (bytes.size() < header)
      return 0;
    length = 0;
    for (std::size_t i = 2; i < header; ++i)
      length = (length << 8) | byte(i);
  }
  if (bytes.size() - header < length)
    return 0;
  out.opcode = static_cast<unsigned>(byte(0) & 0x0f);
  out.is_compressed = (byte(0) & 0x40) != 0;
  out.payload = bytes.substr(header, length);
  return header + length;
}

/// Stands before the eight hexadecimal digits of a sequence number in every event that is counted.
inline constexpr std::string_view marker = "@~@~";
inline constexpr std::size_t sequence_digits = 8;

/// `@~@~0000002a`
std::string mark(std::uint32_t sequence);
/// The number behind a marker at this place; nothing when there is none.
inline std::optional<std::uint32_t> sequence_at(std::string_view text, std::size_t at) {
  if (
    text.size() < at + marker.size() + sequence_digits
    || text.compare(at, marker.size(), marker) != 0)
    return {};
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < sequence_digits; ++i) {
    auto c = static_cast<unsigned char>(text[at + marker.size() + i]);
    value = (value << 4) | ((c & 0x0fu) + (c >> 6) * 9u);
  }
  return value;
}

/// A JSON object of exactly `bytes` bytes (64 at least) that carries the sequence number.
std::string event_data(std::uint32_t sequence, std::size_t bytes);
/// The same as rows of names and numbers, as an application would send: it compresses like those.
std::string rows_data(std::uint32_t sequence, std::size_t bytes);

/// A compressed message's text (RFC 7692 §7.2.2, no context taken over); throws when it is none.
std::string inflated(std::string_view payload);

} // namespace loadgen
