// RFC 6455 §5.2: one unmasked server frame (text or binary, FIN set), made once and shared by all
// who receive it. Polling sends the payload alone, so the same frame serves both transports.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace net {

struct frame {
  std::string bytes;            // header and payload
  std::uint8_t header_size = 0; // 2, 4 or 10; 0: several whole frames, see join_frames
  bool binary = false;
  bool compressed = false; // the payload is (RFC 7692); never for polling
  std::string_view payload() const { return std::string_view{bytes}.substr(header_size); }
};
using frame_ptr = std::shared_ptr<const frame>;

frame_ptr make_text_frame(std::string_view payload);
frame_ptr make_binary_frame(std::string_view payload);
/// RSV1 set; `deflated` as RFC 7692 §7.2.1 leaves it.
frame_ptr make_compressed_frame(std::string_view deflated, bool binary);
/// A ping, pong or close (§5.5): `opcode` with at most 125 bytes.
frame_ptr make_control_frame(std::uint8_t opcode, std::string_view payload);

/// Several frames as one buffer, so that nothing comes between them: a packet and its attachments.
frame_ptr join_frames(std::span<const frame_ptr> parts);
struct frame_part {
  std::string_view payload;
  bool binary = false;
};
/// Takes the first frame off `rest`, the bytes of frames made here.
frame_part take_frame(std::string_view& rest);

/// The protocols in which an event is encoded: once each, whatever the number of receivers.
enum class encoding : std::uint8_t {
  plain,
  plain_msgpack,
  socketio,
  socketio_msgpack,
  sse,       // of one room: the event's id is its place there, and in the shared frame
  sse_rooms, // of several: each stream puts an id line of its own before the frame
  count_
};

} // namespace net
