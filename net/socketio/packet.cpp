#include "net/socketio/packet.hpp"

#include "net/json/reader.hpp"

#include <algorithm>
#include <array>

namespace net::socketio {
namespace {

using rapidjson::Value;

/// Takes the digits in front of `rest`. Nothing: there are none, or their value is above `max`.
std::optional<std::uint64_t> take_number(std::string_view& rest, std::uint64_t max) {
  std::uint64_t value = 0;
  std::size_t used = 0;
  for (; used < rest.size() && rest[used] >= '0' && rest[used] <= '9'; ++used) {
    value = value * 10 + static_cast<std::uint64_t>(rest[used] - '0');
    if (value > max)
      return std::nullopt;
  }
  rest.remove_prefix(used);
  return used == 0 ? std::nullopt : std::optional{value};
}

bool starts_with_digit(std::string_view text) {
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

/// Every placeholder in the data of a binary packet names one of its attachments. Depth is bounded
/// by the JSON guard.
bool has_good_placeholders(const Value& v, std::size_t attachments) {
  if (v.IsArray())
    return std::all_of(v.Begin(), v.End(), [&](const Value& each) {
      return has_good_placeholders(each, attachments);
    });
  if (!v.IsObject())
    return true;
  const auto mark = v.FindMember("_placeholder");
  if (mark != v.MemberEnd() && mark->value.IsTrue()) {
    const auto number = v.FindMember("num");
    return number != v.MemberEnd() && number->value.IsUint64()
           && number->value.GetUint64() < attachments;
  }
  return std::all_of(v.MemberBegin(), v.MemberEnd(), [&](const auto& member) {
    return has_good_placeholders(member.value, attachments);
  });
}

bool is_event_data(const Value& v) {
  if (!v.IsArray() || v.Empty())
    return false;
  const auto& name = v[0];
  return name.IsNumber()
         || (name.IsString() && !is_reserved_name({name.GetString(), name.GetStringLength()}));
}

} // namespace

bool is_data_of(packet_type type, const Value& v) {
  switch (type) {
  case packet_type::connect:
    return v.IsObject();
  case packet_type::connect_error:
    return v.IsObject() || v.IsString();
  case packet_type::event:
  case packet_type::binary_event:
    return is_event_data(v);
  case packet_type::ack:
  case packet_type::binary_ack:
    return v.IsArray();
  case packet_type::disconnect:
    break;
  }
  return false;
}

std::string text_of(const Value& object, const char* key) {
  if (!object.IsObject())
    return {};
  const auto at = object.FindMember(key);
  if (at == object.MemberEnd() || !at->value.IsString())
    return {};
  return {at->value.GetString(), at->value.GetStringLength()};
}

bool is_reserved_name(std::string_view name) {
  constexpr std::array<std::string_view, 6> names{
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<packet> decode(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '6')
    return std::nullopt;
  packet made;
  made.type = static_cast<packet_type>(text.front() - '0');
  text.remove_prefix(1);
  if (made.is_binary()) {
    const auto count = take_number(text, attachments_max);
    if (!count || *count == 0 || !text.starts_with('-'))
      return std::nullopt;
    made.attachment_count = *count;
    text.remove_prefix(1);
  }
  if (text.starts_with('/')) {
    const auto end = std::min(text.find(','), text.size());
    made.nsp = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (starts_with_digit(text)) {
    made.id = take_number(text, id_max);
    if (!made.id)
      return std::nullopt;
  }
  if (text.empty()) {
    if (made.is_binary())
      return std::nullopt;
    return made;
  }
  auto data = json::parse(text);
  if (!data || !is_data_of(made.type, *data))
    return std::nullopt;
  if (made.is_binary() && !has_good_placeholders(*data, made.attachment_count))
    return std::nullopt;
  made.data = std::move(*data);
  made.has_data = true;
  return made;
}

decoder::outcome decoder::on_text(std::string_view text, packet& into) {
  if (waiting_)
    return outcome::invalid;
  auto made = decode(text);
  if (!made)
    return outcome::invalid;
  if (made->attachment_count > 0) {
    waiting_ = std::move(made);
    bytes_ = 0;
    return outcome::more;
  }
  into = std::move(*made);
  return outcome::complete;
}

decoder::outcome decoder::on_binary(std::string_view bytes, packet& into) {
  if (!waiting_ || bytes.size() > bytes_max_ - bytes_)
    return outcome::invalid;
  bytes_ += bytes.size();
  waiting_->attachments.emplace_back(bytes);
  if (waiting_->attachments.size() < waiting_->attachment_count)
    return outcome::more;
  into = std::move(*waiting_);
  waiting_.reset();
  return outcome::complete;
}

} // namespace net::socketio
