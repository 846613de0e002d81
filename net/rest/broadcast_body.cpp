#include "net/rest/broadcast_body.hpp"

#include "net/json/reader.hpp"
#include "net/json/traits.hpp"

#include <string>
#include <string_view>

namespace net::rest {

namespace {

using rapidjson::Value;

std::string text_of(const Value& v) {
  return {v.GetString(), v.GetStringLength()};
}

class target_reader {
public:
  target_reader(body& b, domain::target& into) : body_(b), to_(into) {}

  void read(const Value& v) {
    if (!v.IsObject())
      return body_.broken("target", "must be an object");
    for (const auto& [key, value] : v.GetObject())
      read_member(text_of(key), value);
  }

private:
  void read_member(const std::string& name, const Value& v) {
    if (v.IsNull())
      return;
    if (name == "rooms") {
      chosen(domain::target::kind::rooms);
      names("rooms", v, to_.rooms);
    } else if (name == "users") {
      chosen(domain::target::kind::users);
      names("users", v, to_.users);
    } else if (name == "all") {
      if (!v.IsBool())
        body_.broken("target.all", "must be true");
      else if (v.IsTrue())
        chosen(domain::target::kind::all);
    } else if (name == "exceptRooms") {
      names("exceptRooms", v, to_.except_rooms);
    } else if (name == "exceptUsers") {
      names("exceptUsers", v, to_.except_users);
    } else if (name == "conditions") { // the same three, for who likes them apart
      if (!v.IsObject())
        return body_.broken("target.conditions", "must be an object");
      for (const auto& [key, value] : v.GetObject())
        if (!value.IsNull() && !read_condition(text_of(key), value))
          body_.broken("target.conditions." + text_of(key), "is not a known field");
    } else if (!read_condition(name, v)) {
      body_.broken("target." + name, "is not a known field");
    }
  }

  bool read_condition(const std::string& name, const Value& v) {
    if (name == "roles")
      roles(v);
    else if (name == "near")
      near(v);
    else if (name == "attributes")
      attributes(v);
    else
      return false;
    return true;
  }

  void chosen(domain::target::kind k) {
    if (to_.to != domain::target::kind::none && to_.to != k)
      body_.broken("target", "must have only one of rooms, users and all");
    to_.to = k;
  }

  template <class Id>
  void names(const std::string& field, const Value& v, std::vector<Id>& into) {
    if (!v.IsArray())
      return body_.broken("target." + field, "must be an array of ids");
    for (const auto& each : v.GetArray())
      if (each.IsString())
        into.emplace_back(text_of(each));
      else
        return body_.broken("target." + field, "must be an array of ids");
  }

  void roles(const Value& v) {
    const auto wrong = [&] {
      body_.broken("target.roles", "must be an array of user, moderator and admin");
    };
    if (!v.IsArray() || v.Empty())
      return wrong();
    for (const auto& each : v.GetArray()) {
      domain::role role{};
      if (!each.IsString() || !domain::parse_role(text_of(each), role))
        return wrong();
      to_.when.roles.push_back(role);
    }
  }

  void near(const Value& v) {
    const auto number = [&](const char* name) -> const Value* {
      const auto at = v.FindMember(name);
      return at != v.MemberEnd() && at->value.IsNumber() ? &at->value : nullptr;
    };
    if (!v.IsObject())
      return body_.broken("target.near", "must be {lat, lng, radiusKm}");
    const auto *lat = number("lat"), *lng = number("lng"), *radius = number("radiusKm");
    if (v.MemberCount() != 3 || lat == nullptr || lng == nullptr || radius == nullptr)
      return body_.broken("target.near", "must be {lat, lng, radiusKm}");
    to_.when.near = {{lat->GetDouble(), lng->GetDouble()}, radius->GetDouble()};
  }

  void attributes(const Value& v) {
    if (auto read = json::read_attributes(v); read && !read->empty())
      to_.when.attributes = std::move(*read);
    else
      body_.broken("target.attributes", "must be an object of strings, numbers and booleans");
  }

  body& body_;
  domain::target& to_;
};

} // namespace

domain::broadcast read_broadcast(body& b) {
  domain::broadcast made;
  made.event = b.text("event");
  if (const auto* data = b.optional_value("data"))
    made.data = json::write(*data);
  if (const auto* target = b.optional_value("target"))
    target_reader{b, made.target}.read(*target);
  if (const auto name = b.optional_text("priority"))
    if (!domain::parse_priority(*name, made.priority))
      b.broken("priority", "must be critical, high, normal, low or background");
  made.is_batched = b.flag("batch");
  made.is_volatile = b.flag("volatile");
  if (auto key = b.optional_text("key"))
    made.key = std::move(*key);
  return made;
}

} // namespace net::rest
