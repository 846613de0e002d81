#include "net/socketio/packed.hpp"

#include "net/msgpack/reader.hpp"
#include "net/msgpack/writer.hpp"

#include <utility>
#include <vector>

namespace net::socketio {
namespace {

/// The map but its data.
msgpack::writer
begin(packet_type type, std::string_view nsp, std::optional<std::uint64_t> id, bool has_data) {
  msgpack::writer out;
  out.map(2u + (id ? 1u : 0u) + (has_data ? 1u : 0u));
  out.text("type").number(static_cast<std::uint64_t>(type)).text("nsp").text(nsp);
  if (id)
    out.text("id").number(*id);
  if (has_data)
    out.text("data");
  return out;
}

/// Depth is bounded by the guard. No map that came looks like one: each is from binary data.
std::size_t count_attachments(const rapidjson::Value& v) {
  std::size_t found = 0;
  if (v.IsArray())
    for (const auto& each : v.GetArray())
      found += count_attachments(each);
  if (!v.IsObject())
    return found;
  if (v.HasMember("_placeholder"))
    return v["_placeholder"].IsTrue() ? 1 : 0;
  for (const auto& member : v.GetObject())
    found += count_attachments(member.value);
  return found;
}

} // namespace

std::optional<packet> decode_packed(std::string_view bytes) {
  auto read = msgpack::parse_with_attachments(bytes, attachments_max);
  if (!read || !read->value.IsObject())
    return std::nullopt;
  const auto& map = read->value;
  const auto type = map.FindMember("type");
  const auto nsp = map.FindMember("nsp");
  const auto end = map.MemberEnd();
  // Binary packets do not exist here: binary data needs none.
  if (
    type == end || !type->value.IsUint64()
    || type->value.GetUint64() > static_cast<std::uint64_t>(packet_type::connect_error))
    return std::nullopt;
  if (nsp == end || !nsp->value.IsString())
    return std::nullopt;
  packet made;
  made.type = static_cast<packet_type>(type->value.GetUint64());
  made.nsp = text_of(map, "nsp");
  if (const auto id = map.FindMember("id"); id != end) {
    if (!id->value.IsUint64() || id->value.GetUint64() > id_max)
      return std::nullopt;
    made.id = id->value.GetUint64();
  }
  const auto data = map.FindMember("data");
  if (data == end)
    return made.type == packet_type::connect || made.type == packet_type::disconnect
             ? std::optional{std::move(made)}
             : std::nullopt;
  if (!is_data_of(made.type, data->value))
    return std::nullopt;
  if (count_attachments(data->value) != read->attachments.size())
    return std::nullopt; // bytes in a key that nobody knows
  made.data.CopyFrom(data->value, made.data.GetAllocator());
  made.has_data = true;
  made.attachments = std::move(read->attachments);
  made.attachment_count = made.attachments.size();
  if (made.attachment_count > 0) {
    if (made.type == packet_type::event)
      made.type = packet_type::binary_event;
    else if (made.type == packet_type::ack)
      made.type = packet_type::binary_ack;
    else
      return std::nullopt;
  }
  return made;
}

frame_ptr encode_packed(
  packet_type type, std::string_view nsp, std::optional<std::uint64_t> id, const content& what) {
  auto out = begin(type, nsp, id, !what.json.empty());
  if (!what.attachments.empty()) {
    json::document parsed;
    parsed.Parse<rapidjson::kParseFullPrecisionFlag>(what.json.data(), what.json.size());
    out.value(parsed, {what.attachments.begin(), what.attachments.end()});
  } else if (!what.json.empty()) {
    out.json(what.json);
  }
  return make_binary_frame(out.take());
}

frame_ptr
encode_packed_event(std::string_view name, std::string_view data_json, std::string_view offset) {
  const bool is_text = data_json.starts_with('"');
  auto out = begin(packet_type::event, "/", std::nullopt, true);
  out.array(!offset.empty() || is_text ? 3 : 2).text(name).json(data_json);
  if (!offset.empty())
    out.text(offset);
  else if (is_text)
    out.map(0);
  return make_binary_frame(out.take());
}

} // namespace net::socketio
