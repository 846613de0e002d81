// RFC 6455 §5.2: one unmasked server frame (text or binary, FIN set), made once and shared by all
// who receive it. Polling sends the payload alone, so the same frame serves both transports.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace net {

struct frame {
  std::string bytes;            // header and payload
  std::uint8_t header_size = 0; // 2, 4 or 10
  bool binary = false;
  std::string_view payload() const { return std::string_view{bytes}.substr(header_size); }
};
using frame_ptr = std::shared_ptr<const frame>;

frame_ptr make_text_frame(std::string_view payload);
frame_ptr make_binary_frame(std::string_view payload);

/// The protocols in which an event is encoded: once each, whatever the number of receivers.
enum class encoding : std::uint8_t {
  plain,
  plain_msgpack,
  socketio,
  sse,       // of one room: the event's id is its place there, and in the shared frame
  sse_rooms, // of several: each stream puts an id line of its own before the frame
  count_
};

} // namespace net
