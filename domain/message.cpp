#include "domain/message.hpp"

#include "domain/json.hpp"
#include "domain/limits.hpp"
#include "domain/text.hpp"
#include "domain/validation.hpp"

#include <algorithm>

namespace domain {

namespace {

constexpr std::size_t reply_to_bytes_max = 64;

bool is_object(std::string_view json) {
  const auto text = trim(json);
  return text.size() >= 2 && text.front() == '{' && text.back() == '}';
}

} // namespace

result<draft> check(draft input) {
  input.content = std::string{trim(input.content)};
  std::vector<violation> broken;
  const auto need = [&](bool holds, const char* field, const char* rule) {
    if (!holds)
      broken.push_back({field, rule});
  };
  const auto characters = count_characters(input.content);
  need(characters.has_value(), "content", "must be UTF-8");
  need(
    !input.content.empty() || !input.attachments.empty(), "content",
    "must not be empty without attachments");
  need(
    characters.value_or(0) <= limits::message_characters, "content",
    "must have at most 4000 characters");
  need(
    input.client_id.size() <= limits::client_id_bytes && count_characters(input.client_id),
    "clientId", "must have at most 128 bytes");
  need(
    input.reply_to.size() <= reply_to_bytes_max && count_characters(input.reply_to), "replyTo",
    "must be the id of a message");
  need(
    input.attachments.size() <= limits::attachments, "attachments", "must be at most 10 objects");
  need(
    std::all_of(input.attachments.begin(), input.attachments.end(), is_object), "attachments",
    "must be objects");
  std::size_t attachments_bytes = 0;
  for (const auto& each : input.attachments)
    attachments_bytes += each.size();
  need(
    attachments_bytes <= limits::attachments_bytes, "attachments",
    "must have at most 16384 bytes of JSON");
  if (!broken.empty())
    return validation_failed(std::move(broken));
  return input;
}

std::string to_json(const message& m) {
  json_object o;
  o.text("id", m.id.value);
  if (m.seq != 0)
    o.number("seq", m.seq);
  return o.text("roomId", m.room.value)
    .text("senderId", m.sender.user.value)
    .text("senderName", m.sender.name.empty() ? m.sender.username : m.sender.name)
    .text_or_null("senderAvatar", m.sender.avatar)
    .text("content", m.content)
    .text_or_null("replyTo", m.reply_to)
    .raw("attachments", m.attachments_json.empty() ? "[]" : m.attachments_json)
    .text("timestamp", to_iso8601(m.at))
    .boolean("edited", m.edited)
    .raw("reactions", "{}")
    .text_or_null("clientId", m.client_id)
    .take();
}

} // namespace domain
