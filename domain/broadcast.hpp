#pragma once

#include "domain/audience.hpp"
#include "domain/event.hpp"
#include "domain/result.hpp"

#include <memory>
#include <string>
#include <vector>

namespace domain {

/// Whom a broadcast is for (contract section 5).
struct target {
  enum class kind : std::uint8_t { none, rooms, users, all };
  kind to = kind::none;
  std::vector<room_id> rooms; // sessions that are in any of them
  std::vector<user_id> users; // all their sessions
  std::vector<room_id> except_rooms;
  std::vector<user_id> except_users;
  conditions when;
};

struct broadcast {
  std::string event;
  std::string data = "null"; // JSON
  domain::target target;
  domain::priority priority = domain::priority::normal;
  bool is_batched = false;
  bool is_volatile = false;
  std::string key; // conflation; empty: none
};

/// Drops names given twice; then every broken rule at once (validation_failed).
result<broadcast> check(broadcast input);

/// The topics behind a target. At least one.
std::shared_ptr<const audience> audience_of(const target& t);

/// What is delivered. Its topic: the first of the target's. It has no audience when all of one
/// topic get it, and costs no more than any event of a room then.
std::shared_ptr<event> event_of(broadcast what, timestamp at);

} // namespace domain
