// Socket.IO 5 packets to clients, each inside one Engine.IO message ("4…").
#pragma once

#include "domain/event.hpp"
#include "net/frame.hpp"

#include <string_view>

namespace net::socketio {

/// `42["name",data]`, or with an offset (connection state recovery) `42["name",data,"offset"]`.
frame_ptr encode_event(std::string_view name, std::string_view data_json, std::string_view offset);
/// `43ID[data]`; `id` is the client's number as text.
frame_ptr encode_ack(std::string_view id, std::string_view data_json);

} // namespace net::socketio
