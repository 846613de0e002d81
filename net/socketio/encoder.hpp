// Socket.IO 5 packets to clients, each inside one Engine.IO message ("4…").
#pragma once

#include "domain/event.hpp"
#include "net/frame.hpp"
#include "net/socketio/packet.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace net::socketio {

/// What an event or an acknowledgement carries: a JSON array, with `{"_placeholder":true,"num":N}`
/// where an attachment belongs.
struct content {
  std::string_view json;
  std::span<const std::string> attachments = {};
};

/// Any packet, and its attachments right behind it as one unit. An event or acknowledgement with
/// attachments becomes a binary one.
frame_ptr encode(
  packet_type type, std::string_view nsp, std::optional<std::uint64_t> id, const content& what);

/// `42["name",data]`, or with an offset (connection state recovery) `42["name",data,"offset"]`. A
/// client takes a string at the end of any event for an offset: without one, data that is a string
/// is followed by an empty object.
frame_ptr encode_event(std::string_view name, std::string_view data_json, std::string_view offset);
/// `43ID[data]`; `id` is the client's number as text.
frame_ptr encode_ack(std::string_view id, std::string_view data_json);

/// `{"sid":…,"pid":…}` of a CONNECT; without `pid` the session can't be recovered.
std::string connected_json(std::string_view sid, std::string_view pid = {});
/// `{"message":…,"data":…}` of a CONNECT_ERROR; without `data_json`, the message alone.
std::string refusal_json(std::string_view message, std::string_view data_json = {});

} // namespace net::socketio
