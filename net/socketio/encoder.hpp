// Socket.IO 5 packets to clients, each inside one Engine.IO message ("4…").
#pragma once

#include "domain/event.hpp"
#include "net/frame.hpp"

#include <string_view>

namespace net::socketio {

/// `42["name",data]`, or with an offset (connection state recovery) `42["name",data,"offset"]`. A
/// client takes a string at the end of any event for an offset: without one, data that is a string
/// is followed by an empty object.
frame_ptr encode_event(std::string_view name, std::string_view data_json, std::string_view offset);
/// `43ID[data]`; `id` is the client's number as text.
frame_ptr encode_ack(std::string_view id, std::string_view data_json);

/// `40{"sid":…,"pid":…}`
frame_ptr encode_connected(std::string_view sid, std::string_view pid);
/// `44{"message":…,"data":…}`; without `data_json`, the message alone. `nsp`: "/" or another one.
frame_ptr
encode_refused(std::string_view nsp, std::string_view message, std::string_view data_json = {});
/// `41`: the client does not come back by itself.
frame_ptr encode_disconnect();

} // namespace net::socketio
