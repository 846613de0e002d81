#include "net/plain/codec.hpp"

#include "domain/json.hpp"
#include "domain/limits.hpp"
#include "net/json/reader.hpp"

namespace net::plain {

frame_ptr encode_event(std::string_view name, std::string_view data_json) {
  domain::json_object o;
  o.text("event", name).raw("data", data_json);
  return make_text_frame(o.take());
}

frame_ptr encode_ack(std::string_view id_json, std::string_view data_json) {
  domain::json_object o;
  o.raw("ack", id_json).raw("data", data_json);
  return make_text_frame(o.take());
}

domain::result<request> decode(std::string_view text) {
  auto parsed = json::parse(text);
  if (!parsed)
    return parsed.error();
  return read_request(std::move(*parsed));
}

domain::result<request> read_request(json::document parsed) {
  const auto refuse = [](const char* why) {
    return domain::error{domain::errc::bad_request, why, {}, {}};
  };
  if (!parsed.IsObject())
    return refuse("A frame must be an object");
  request made;
  const auto name = parsed.FindMember("event");
  if (name == parsed.MemberEnd() || !name->value.IsString())
    return refuse("A frame needs an event name");
  made.event.assign(name->value.GetString(), name->value.GetStringLength());
  if (const auto id = parsed.FindMember("id"); id != parsed.MemberEnd()) {
    const auto& v = id->value;
    if (!v.IsString() && !v.IsNumber())
      return refuse("An id must be a string or a number");
    made.id = json::write(v);
    if (v.IsString() ? v.GetStringLength() > id_bytes_max : made.id.size() > id_bytes_max)
      return refuse("An id is too long");
  }
  if (const auto data = parsed.FindMember("data"); data != parsed.MemberEnd())
    made.data = &data->value;
  made.content = std::move(parsed);
  return made;
}

} // namespace net::plain
