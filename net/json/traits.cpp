#include "net/json/traits.hpp"

#include <algorithm>
#include <string>

namespace net::json {

std::optional<domain::attribute_map> read_attributes(const rapidjson::Value& v) {
  if (!v.IsObject())
    return std::nullopt;
  domain::attribute_map made;
  for (const auto& [key, value] : v.GetObject()) {
    std::string name{key.GetString(), key.GetStringLength()};
    if (value.IsBool())
      made.emplace_back(std::move(name), value.GetBool());
    else if (value.IsNumber())
      made.emplace_back(std::move(name), value.GetDouble());
    else if (value.IsString())
      made.emplace_back(std::move(name), std::string{value.GetString(), value.GetStringLength()});
    else
      return std::nullopt;
  }
  std::sort(
    made.begin(), made.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return made;
}

std::optional<domain::location> read_location(const rapidjson::Value& v) {
  if (!v.IsObject() || v.MemberCount() != 2)
    return std::nullopt;
  const auto lat = v.FindMember("lat");
  const auto lng = v.FindMember("lng");
  if (
    lat == v.MemberEnd() || lng == v.MemberEnd() || !lat->value.IsNumber()
    || !lng->value.IsNumber())
    return std::nullopt;
  return domain::location{lat->value.GetDouble(), lng->value.GetDouble()};
}

} // namespace net::json
