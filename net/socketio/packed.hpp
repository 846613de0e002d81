// The packets of socket.io-msgpack-parser: each one binary message, a MessagePack map
// `{type, nsp, data?, id?}`; binary data is native. Every way to break it is the same to the
// caller: the connection is closed.
#pragma once

#include "net/socketio/encoder.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace net::socketio {

/// One binary message. An event with binary data comes out as the text codec's: a binary packet,
/// placeholders where its attachments belong. Unknown keys are skipped.
std::optional<packet> decode_packed(std::string_view bytes);

frame_ptr encode_packed(
  packet_type type, std::string_view nsp, std::optional<std::uint64_t> id, const content& what);
/// See encode_event.
frame_ptr
encode_packed_event(std::string_view name, std::string_view data_json, std::string_view offset);

} // namespace net::socketio
