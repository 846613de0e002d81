#pragma once

#include "domain/audience.hpp"

#include <rapidjson/document.h>

#include <optional>

namespace net::json {

/// An object of strings, numbers and booleans, sorted by name; nothing when it is none.
std::optional<domain::attribute_map> read_attributes(const rapidjson::Value& v);
/// `{"lat":…,"lng":…}` and nothing else; nothing when it is none. Bounds are the domain's to check.
std::optional<domain::location> read_location(const rapidjson::Value& v);

} // namespace net::json
