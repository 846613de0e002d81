#include "net/socketio/encoder.hpp"

#include "domain/json.hpp"

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

frame_ptr encode_connected(std::string_view sid, std::string_view pid) {
  domain::json_object data;
  data.text("sid", sid).text("pid", pid);
  return make_text_frame("40" + data.take());
}

frame_ptr
encode_refused(std::string_view nsp, std::string_view message, std::string_view data_json) {
  std::string packet = "44";
  if (nsp != "/") {
    packet += nsp;
    packet += ',';
  }
  domain::json_object data;
  data.text("message", message);
  if (!data_json.empty())
    data.raw("data", data_json);
  return make_text_frame(packet + data.take());
}

frame_ptr encode_disconnect() {
  static const auto packet = make_text_frame("41");
  return packet;
}

} // namespace net::socketio
