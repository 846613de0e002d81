#include "net/frame.hpp"

namespace net {
namespace {

frame_ptr make_frame(std::string_view payload, bool binary) {
  auto made = std::make_shared<frame>();
  auto& out = made->bytes;
  out.reserve(payload.size() + 10);
  out.push_back(static_cast<char>(0x80 | (binary ? 0x2 : 0x1)));
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
  made->binary = binary;
  out.append(payload);
  return made;
}

} // namespace

frame_ptr make_text_frame(std::string_view payload) {
  return make_frame(payload, false);
}

frame_ptr make_binary_frame(std::string_view payload) {
  return make_frame(payload, true);
}

} // namespace net
