#include "domain/audience.hpp"

#include "domain/limits.hpp"
#include "domain/text.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace domain {

namespace {

constexpr double earth_km = 6'371;

double radians(double degrees) {
  return degrees * std::numbers::pi / 180;
}

constexpr auto by_name = [](const auto& a, const auto& b) { return a.first < b.first; };

bool is_subscribed(std::span<const topic> subscribed, const topic& wanted) {
  return std::find(subscribed.begin(), subscribed.end(), wanted) != subscribed.end();
}

bool is_near(const near_condition& where, const location& place) {
  // A degree of latitude is 111.2 km everywhere: most are too far already for that.
  constexpr double km_per_degree = earth_km * std::numbers::pi / 180;
  if (std::abs(place.lat - where.center.lat) * km_per_degree > where.radius_km + 1)
    return false;
  return distance_km(where.center, place) <= where.radius_km;
}

} // namespace

bool is_on_earth(const location& place) { // also false for what is no number
  return place.lat >= -90 && place.lat <= 90 && place.lng >= -180 && place.lng <= 180;
}

double distance_km(const location& a, const location& b) {
  const auto half = [](double from, double to) { return std::sin(radians(to - from) / 2); };
  const auto lat = half(a.lat, b.lat);
  const auto lng = half(a.lng, b.lng);
  const auto chord = lat * lat + std::cos(radians(a.lat)) * std::cos(radians(b.lat)) * lng * lng;
  return 2 * earth_km * std::asin(std::sqrt(std::min(1.0, chord)));
}

bool holds(const conditions& when, const session_facts& who) {
  if (
    !when.roles.empty()
    && std::find(when.roles.begin(), when.roles.end(), who.role) == when.roles.end())
    return false;
  if (!when.near && when.attributes.empty())
    return true;
  if (who.traits == nullptr)
    return false;
  const auto& own = who.traits->attributes;
  for (const auto& wanted : when.attributes)
    if (std::find(own.begin(), own.end(), wanted) == own.end())
      return false;
  return !when.near || (who.traits->location && is_near(*when.near, *who.traits->location));
}

bool concerns(
  const event& what, std::span<const topic> subscribed, const user_id& user,
  const session_facts& who) {
  if (!what.except_user.empty() && what.except_user == user)
    return false;
  if (what.audience == nullptr)
    return is_subscribed(subscribed, what.topic);
  const auto is_among = [&](const std::vector<topic>& topics) {
    return std::any_of(topics.begin(), topics.end(), [&](const topic& each) {
      return is_subscribed(subscribed, each);
    });
  };
  return is_among(what.audience->topics) && !is_among(what.audience->except_topics)
         && holds(what.audience->when, who);
}

traits combine(const traits& token, const traits& own) {
  auto all = token;
  for (const auto& each : own.attributes)
    if (first_of_token(token, {{each}, std::nullopt}).empty())
      all.attributes.push_back(each);
  std::sort(all.attributes.begin(), all.attributes.end(), by_name);
  if (!all.location)
    all.location = own.location;
  return all;
}

std::string first_of_token(const traits& token, const traits& own) {
  for (const auto& [name, value] : own.attributes)
    for (const auto& each : token.attributes)
      if (each.first == name)
        return "attributes." + name;
  return token.location && own.location ? "location" : "";
}

std::optional<error> check(traits& input) {
  std::vector<violation> broken;
  auto& all = input.attributes;
  std::sort(all.begin(), all.end(), by_name);
  if (all.size() > limits::attributes_max)
    broken.push_back({"attributes", "must be at most 32"});
  for (const auto& [name, value] : all) {
    const auto* text = std::get_if<std::string>(&value);
    if (name.empty() || name.size() > limits::attribute_name_bytes || has_control_characters(name))
      broken.push_back({"attributes", "names must have 1 to 64 bytes"});
    else if (text != nullptr && text->size() > limits::attribute_text_bytes)
      broken.push_back({"attributes." + name, "must have at most 256 bytes"});
  }
  if (input.location && !is_on_earth(*input.location))
    broken.push_back({"location", "must be a latitude from -90 to 90, a longitude to ±180"});
  if (broken.empty())
    return std::nullopt;
  return error{errc::validation_failed, "Validation failed", std::move(broken), {}};
}

} // namespace domain
