#include "net/socketio/encoder.hpp"

#include "domain/json.hpp"

#include <vector>

namespace net::socketio {

frame_ptr encode_event(std::string_view name, std::string_view data_json, std::string_view offset) {
  std::string packet;
  packet.reserve(name.size() + data_json.size() + offset.size() + 16);
  packet = "42[";
  domain::append_json_string(packet, name);
  packet += ',';
  packet += data_json;
  if (!offset.empty()) {
    packet += ',';
    domain::append_json_string(packet, offset);
  } else if (data_json.starts_with('"')) {
    packet += ",{}";
  }
  packet += ']';
  return make_text_frame(packet);
}

frame_ptr encode_ack(std::string_view id, std::string_view data_json) {
  std::string packet;
  packet.reserve(id.size() + data_json.size() + 4);
  packet = "43";
  packet += id;
  packet += '[';
  packet += data_json;
  packet += ']';
  return make_text_frame(packet);
}

frame_ptr encode(
  packet_type type, std::string_view nsp, std::optional<std::uint64_t> id, const content& what) {
  const auto binary = !what.attachments.empty();
  if (binary)
    type = type == packet_type::ack ? packet_type::binary_ack : packet_type::binary_event;
  std::string packet;
  packet.reserve(what.json.size() + nsp.size() + 32);
  packet = "4";
  packet += static_cast<char>('0' + static_cast<int>(type));
  if (binary) {
    packet += std::to_string(what.attachments.size());
    packet += '-';
  }
  if (nsp != "/") {
    packet += nsp;
    packet += ',';
  }
  if (id)
    packet += std::to_string(*id);
  packet += what.json;
  if (!binary)
    return make_text_frame(packet);
  std::vector<frame_ptr> parts{make_text_frame(packet)};
  for (const auto& bytes : what.attachments)
    parts.push_back(make_binary_frame(bytes));
  return join_frames(parts);
}

std::string connected_json(std::string_view sid, std::string_view pid) {
  domain::json_object data;
  data.text("sid", sid);
  if (!pid.empty())
    data.text("pid", pid);
  return data.take();
}

std::string refusal_json(std::string_view message, std::string_view data_json) {
  domain::json_object data;
  data.text("message", message);
  if (!data_json.empty())
    data.raw("data", data_json);
  return data.take();
}

} // namespace net::socketio
