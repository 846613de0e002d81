#include "domain/limits.hpp"
#include "domain/room.hpp"
#include "net/json/reader.hpp"
#include "net/json/traits.hpp"

#include <array>
#include <optional>

namespace net::json {
namespace {

namespace limits = domain::limits;
using rapidjson::Value;

constexpr domain::seq seq_max = (std::uint64_t{1} << 53) - 1; // what every client can write exactly

/// Reads the fields of a command's data and collects what is wrong with them, all at once. `null`
/// counts as left out; fields nobody asks for are ignored.
class fields {
public:
  explicit fields(const Value* data) : data_(data) {
    if (data != nullptr && !data->IsObject() && !data->IsNull())
      broken("data", "must be an object");
  }

  const Value* find(const char* name) const {
    if (data_ == nullptr || !data_->IsObject())
      return nullptr;
    const auto at = data_->FindMember(name);
    return at == data_->MemberEnd() || at->value.IsNull() ? nullptr : &at->value;
  }

  std::string text(const char* name, std::size_t bytes_max, bool required = true) {
    const auto* v = find(name);
    if (v == nullptr) {
      if (required)
        broken(name, "is required");
      return {};
    }
    if (!v->IsString()) {
      broken(name, "must be a string");
      return {};
    }
    if (required && v->GetStringLength() == 0)
      broken(name, "must not be empty");
    else if (v->GetStringLength() > bytes_max)
      broken(name, "is too long");
    return {v->GetString(), v->GetStringLength()};
  }

  domain::room_id room() {
    if (const auto* v = find("roomId"))
      return room(*v);
    broken("roomId", "is required");
    return {};
  }

  /// `{"roomId":…}`, or the id itself in place of the object.
  domain::room_id room_or_bare_id() {
    if (data_ == nullptr || !data_->IsString())
      return room();
    violations_.clear(); // not an object, rightly
    return room(*data_);
  }

  domain::seq position(const std::string& name, const Value& v) {
    if (v.IsUint64() && v.GetUint64() <= seq_max)
      return v.GetUint64();
    broken(name, "must be an integer from 0");
    return 0;
  }

  bool flag(const char* name) {
    const auto* v = find(name);
    if (v == nullptr)
      return false;
    if (!v->IsBool())
      broken(name, "must be true or false");
    return v->IsTrue();
  }

  void broken(std::string field, std::string message) {
    violations_.push_back({std::move(field), std::move(message)});
  }

  /// The command, unless something was wrong.
  domain::result<domain::command> done(domain::command made) {
    if (!violations_.empty())
      return domain::error{
        domain::errc::validation_failed, "Validation failed", std::move(violations_), {}};
    return made;
  }

private:
  domain::room_id room(const Value& v) {
    if (!v.IsString())
      broken("roomId", "must be a string");
    else if (!domain::is_valid_room_id({v.GetString(), v.GetStringLength()}))
      broken("roomId", "is not a room id");
    else
      return domain::room_id{{v.GetString(), v.GetStringLength()}};
    return {};
  }

  const Value* data_;
  std::vector<domain::violation> violations_;
};

using reader = domain::result<domain::command> (*)(const Value*);

domain::result<domain::command> read_join(const Value* data) {
  fields f{data};
  domain::join_room made{f.room_or_bare_id(), std::nullopt};
  if (const auto* after = f.find("after"))
    made.after = f.position("after", *after);
  return f.done(std::move(made));
}

domain::result<domain::command> read_leave(const Value* data) {
  fields f{data};
  return f.done(domain::leave_room{f.room_or_bare_id()});
}

domain::result<domain::command> read_send(const Value* data) {
  fields f{data};
  domain::send_message made{f.room(), {}};
  made.draft.content = f.text("content", limits::frame_bytes_max, false);
  made.draft.client_id = f.text("clientId", limits::client_id_bytes, false);
  made.draft.reply_to = f.text("replyTo", limits::client_id_bytes, false);
  if (const auto* list = f.find("attachments")) {
    if (!list->IsArray() || list->Size() > limits::attachments)
      f.broken("attachments", "must be an array of at most 10 objects");
    else
      for (const auto& each : list->GetArray())
        if (each.IsObject())
          made.draft.attachments.push_back(write(each));
        else
          f.broken("attachments", "must be an array of at most 10 objects");
  }
  auto shape = f.done(std::move(made));
  if (!shape)
    return shape;
  auto& command = std::get<domain::send_message>(*shape);
  auto checked = domain::check(std::move(command.draft));
  if (!checked)
    return checked.error();
  command.draft = std::move(*checked);
  return shape;
}

domain::result<domain::command> read_typing(const Value* data) {
  fields f{data};
  return f.done(domain::set_typing{f.room_or_bare_id(), true});
}

domain::result<domain::command> read_stop_typing(const Value* data) {
  fields f{data};
  return f.done(domain::set_typing{f.room_or_bare_id(), false});
}

domain::result<domain::command> read_sync(const Value* data) {
  fields f{data};
  domain::sync_rooms made;
  const auto* rooms = f.find("rooms");
  if (rooms == nullptr || !rooms->IsObject()) {
    f.broken("rooms", "must be an object of room ids and positions");
    return f.done(std::move(made));
  }
  for (const auto& [key, value] : rooms->GetObject()) {
    const std::string id{key.GetString(), key.GetStringLength()};
    if (!domain::is_valid_room_id(id))
      f.broken("rooms", "holds something that is not a room id");
    else
      made.rooms.emplace_back(domain::room_id{id}, f.position("rooms." + id, value));
  }
  return f.done(std::move(made));
}

domain::result<domain::command> read_subscribe(const Value* data) {
  fields f{data};
  return f.done(domain::subscribe{f.text("topic", limits::topic_bytes_max)});
}

domain::result<domain::command> read_unsubscribe(const Value* data) {
  fields f{data};
  return f.done(domain::unsubscribe{f.text("topic", limits::topic_bytes_max)});
}

domain::result<domain::command> read_publish(const Value* data) {
  fields f{data};
  domain::publish made;
  made.topic = f.text("topic", limits::topic_bytes_max);
  made.event = f.text("event", limits::event_name_bytes_max);
  made.key = f.text("key", limits::topic_bytes_max, false);
  made.droppable = f.flag("volatile");
  if (const auto* payload = f.find("data"))
    made.data = write(*payload);
  if (domain::is_reserved_event(made.event))
    f.broken("event", "is reserved");
  return f.done(std::move(made));
}

domain::result<domain::command> read_set_attributes(const Value* data) {
  fields f{data};
  domain::set_attributes made;
  const auto* given = data != nullptr && data->IsObject() ? data : nullptr;
  const auto named = [given](const char* name) -> const Value* {
    if (given == nullptr)
      return nullptr;
    const auto at = given->FindMember(name); // null forgets: it does not count as left out here
    return at == given->MemberEnd() ? nullptr : &at->value;
  };
  if (const auto* v = named("attributes")) {
    made.attributes = v->IsNull() ? domain::attribute_map{} : read_attributes(*v);
    if (!made.attributes)
      f.broken("attributes", "must be an object of strings, numbers and booleans");
  }
  if (const auto* v = named("location")) {
    made.location.emplace();
    if (!v->IsNull() && !(*made.location = read_location(*v)))
      f.broken("location", "must be {lat, lng}");
  }
  if (given == nullptr || (!made.attributes && !made.location))
    f.broken("attributes", "is required, or location");
  return f.done(std::move(made));
}

domain::result<domain::command> read_authenticate(const Value* data) {
  fields f{data};
  return f.done(domain::renew_token{f.text("token", limits::token_bytes)});
}

constexpr std::array<std::pair<std::string_view, reader>, 11> readers{{
  {"send-message", read_send},
  {"typing", read_typing},
  {"stop-typing", read_stop_typing},
  {"publish", read_publish},
  {"join-room", read_join},
  {"leave-room", read_leave},
  {"sync", read_sync},
  {"subscribe", read_subscribe},
  {"unsubscribe", read_unsubscribe},
  {"set-attributes", read_set_attributes},
  {"authenticate", read_authenticate},
}};

} // namespace

domain::result<domain::command> read_command(std::string_view name, const Value* data) {
  for (const auto& [known, read] : readers)
    if (known == name)
      return read(data);
  return domain::error{domain::errc::bad_request, "Unknown event", {}, {}};
}

} // namespace net::json
