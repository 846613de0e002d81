#include "net/sse/encoder.hpp"

namespace net::sse {
namespace {

/// No header and no payload of a WebSocket: the bytes go out as they are.
frame_ptr make_frame(std::string bytes) {
  auto made = std::make_shared<frame>();
  made->bytes = std::move(bytes);
  return made;
}

void append_line(std::string& out, std::string_view field, std::string_view value) {
  out += field;
  const auto begin = out.size();
  out += value;
  for (auto i = begin; i < out.size(); ++i)
    if (out[i] == '\n' || out[i] == '\r' || out[i] == '\0')
      out[i] = ' ';
  out += '\n';
}

} // namespace

frame_ptr encode_event(std::string_view name, std::string_view data_json, std::string_view id) {
  std::string out;
  out.reserve(name.size() + data_json.size() + id.size() + 24);
  if (!id.empty())
    append_line(out, "id: ", id);
  append_line(out, "event: ", name);
  append_line(out, "data: ", data_json); // a line's end in JSON is white space
  out += '\n';
  return make_frame(std::move(out));
}

frame_ptr encode_id(std::string_view id) {
  std::string out;
  append_line(out, "id: ", id);
  return make_frame(std::move(out));
}

frame_ptr encode_retry(std::chrono::milliseconds pause) {
  return make_frame("retry: " + std::to_string(pause.count()) + "\n\n");
}

frame_ptr heartbeat() {
  static const auto made = make_frame(":\n\n");
  return made;
}

} // namespace net::sse
