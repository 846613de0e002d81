#pragma once

#include "domain/error.hpp"
#include "domain/event.hpp"
#include "domain/ids.hpp"
#include "domain/role.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace domain {

/// Degrees, WGS 84.
struct location {
  double lat = 0; // -90 … 90
  double lng = 0; // -180 … 180
  friend bool operator==(const location&, const location&) = default;
};
bool is_on_earth(const location& place);
/// Along the great circle (haversine), on a sphere of 6371 km.
double distance_km(const location& a, const location& b);

using attribute_value = std::variant<bool, double, std::string>;
/// Sorted by name; a name is there once.
using attribute_map = std::vector<std::pair<std::string, attribute_value>>;

/// What a session says about itself, or its token about it. Immutable, shared.
struct traits {
  attribute_map attributes;
  std::optional<domain::location> location;
  friend bool operator==(const traits&, const traits&) = default;
};
using traits_ptr = std::shared_ptr<const traits>;

/// What conditions are asked about.
struct session_facts {
  domain::role role = domain::role::user;
  traits_ptr traits{}; // may be none
};

struct near_condition {
  location center;
  double radius_km = 0;
  friend bool operator==(const near_condition&, const near_condition&) = default;
};

/// All that are given must hold.
struct conditions {
  std::vector<domain::role> roles;    // one of them; empty: any
  std::optional<near_condition> near; // a session without a location is not near
  attribute_map attributes;           // each there and equal
  bool empty() const { return roles.empty() && !near && attributes.empty(); }
  friend bool operator==(const conditions&, const conditions&) = default;
};
bool holds(const conditions& when, const session_facts& who);

/// Who gets a broadcast: subscribers of any of `topics`, once each, that subscribe to none of
/// `except_topics` and for whom the conditions hold.
struct audience {
  std::vector<topic> topics;
  std::vector<topic> except_topics; // rooms, and users by `user:ID`
  conditions when;
  friend bool operator==(const audience&, const audience&) = default;
};

/// Whether an event concerns a session that subscribes to `subscribed`: the rule that fan-out
/// applies to all sessions at once, for one.
bool concerns(
  const event& what, std::span<const topic> subscribed, const user_id& user,
  const session_facts& who);

/// What a token says stands before what the client says.
traits combine(const traits& token, const traits& own);
/// The first field of `own` that `token` sets; empty: none.
std::string first_of_token(const traits& token, const traits& own);

/// Sorts traits that come from outside; validation_failed when they break a bound or a rule.
std::optional<error> check(traits& input);

} // namespace domain
