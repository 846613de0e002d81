#include "tools/ctl/broadcast.hpp"

#include "domain/json.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace ctl {

namespace {

std::string json_list(const std::vector<std::string>& all) {
  std::string out = "[";
  for (const auto& each : all) {
    if (out.size() > 1)
      out += ',';
    domain::append_json_string(out, each);
  }
  return out + ']';
}

bool is_json(const std::string& text) {
  rapidjson::Document d;
  d.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  return !d.HasParseError();
}

/// Numbers and booleans stay what they are; all else is a string.
std::string value_json(const std::string& text) {
  rapidjson::Document d;
  d.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (!d.HasParseError() && (d.IsNumber() || d.IsBool()))
    return text;
  std::string out;
  domain::append_json_string(out, text);
  return out;
}

/// "LAT,LNG,KM"
std::optional<std::array<double, 3>> read_near(std::string_view text) {
  std::array<double, 3> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto end = i + 1 < numbers.size() ? text.find(',') : text.size();
    if (end == std::string_view::npos)
      return std::nullopt;
    const auto [stop, bad] = std::from_chars(text.data(), text.data() + end, numbers[i]);
    if (bad != std::errc{} || stop != text.data() + end)
      return std::nullopt;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return numbers;
}

} // namespace

bool write_broadcast(const broadcast_options& o, std::string& body, std::string& why) {
  domain::json_object target;
  const auto list = [&target](const char* name, const std::vector<std::string>& all) {
    if (!all.empty())
      target.raw(name, json_list(all));
  };
  if (o.is_for_all)
    target.boolean("all", true);
  list("rooms", o.rooms);
  list("users", o.users);
  list("exceptRooms", o.except_rooms);
  list("exceptUsers", o.except_users);
  list("roles", o.roles);
  if (!o.near.empty()) {
    const auto near = read_near(o.near);
    if (!near) {
      why = "--near must be LAT,LNG,KM";
      return false;
    }
    const auto& [lat, lng, km] = *near;
    target.raw(
      "near", domain::json_object{}.real("lat", lat).real("lng", lng).real("radiusKm", km).take());
  }
  if (!o.attributes.empty()) {
    domain::json_object all;
    for (const auto& each : o.attributes) {
      const auto equals = each.find('=');
      if (equals == 0 || equals == std::string::npos) {
        why = "--attribute must be NAME=VALUE";
        return false;
      }
      all.raw(each.substr(0, equals), value_json(each.substr(equals + 1)));
    }
    target.raw("attributes", all.take());
  }
  if (!is_json(o.data)) {
    why = "--data must be JSON";
    return false;
  }
  domain::json_object out;
  out.text("event", o.event).raw("data", o.data).raw("target", target.take());
  if (!o.priority.empty())
    out.text("priority", o.priority);
  if (!o.key.empty())
    out.text("key", o.key);
  body = out.boolean("batch", o.is_batched).boolean("volatile", o.is_volatile).take();
  return true;
}

} // namespace ctl
