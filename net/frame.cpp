#include "net/frame.hpp"

namespace net {
namespace {

constexpr std::uint8_t fin_bit = 0x80, rsv1_bit = 0x40, text = 0x1, binary = 0x2;

std::shared_ptr<frame> make_frame(std::uint8_t first_byte, std::string_view payload) {
  auto made = std::make_shared<frame>();
  auto& out = made->bytes;
  out.reserve(payload.size() + 10);
  out.push_back(static_cast<char>(first_byte));
  const std::uint64_t size = payload.size();
  const auto append_size = [&](int bytes) {
    while (bytes-- > 0)
      out.push_back(static_cast<char>((size >> (8 * bytes)) & 0xFF));
  };
  if (size < 126) {
    append_size(1);
  } else if (size < 65'536) {
    out.push_back(126);
    append_size(2);
  } else {
    out.push_back(127);
    append_size(8);
  }
  made->header_size = static_cast<std::uint8_t>(out.size());
  made->binary = (first_byte & 0x0F) == binary;
  out.append(payload);
  return made;
}

} // namespace

frame_ptr make_text_frame(std::string_view payload) {
  return make_frame(fin_bit | text, payload);
}

frame_ptr make_binary_frame(std::string_view payload) {
  return make_frame(fin_bit | binary, payload);
}

frame_ptr make_compressed_frame(std::string_view deflated, bool is_binary) {
  auto made = make_frame(fin_bit | rsv1_bit | (is_binary ? binary : text), deflated);
  made->compressed = true;
  return made;
}

frame_ptr make_control_frame(std::uint8_t opcode, std::string_view payload) {
  return make_frame(fin_bit | opcode, payload.substr(0, 125));
}

frame_ptr join_frames(std::span<const frame_ptr> parts) {
  auto joined = std::make_shared<frame>();
  std::size_t size = 0;
  for (const auto& part : parts)
    size += part->bytes.size();
  joined->bytes.reserve(size);
  for (const auto& part : parts)
    joined->bytes += part->bytes;
  return joined;
}

frame_part take_frame(std::string_view& rest) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
  const bool is_binary = (byte(0) & 0x0F) == binary;
  std::size_t header = 2;
  std::uint64_t size = byte(1);
  if (size >= 126) {
    header = size == 126 ? 4 : 10;
    size = 0;
    for (std::size_t i = 2; i < header; ++i)
      size = size << 8 | byte(i);
  }
  const auto payload = rest.substr(header, size);
  rest.remove_prefix(header + size);
  return {payload, is_binary};
}

} // namespace net
