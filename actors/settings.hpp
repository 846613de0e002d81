#pragma once

#include "domain/limits.hpp"
#include "domain/rate_limit.hpp"
#include "domain/topic_rights.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace actors {

/// Mistakes that tests plant to prove that their checkers see (never reachable from trouped's
/// options).
enum class planted_defect { none, acknowledge_before_commit, no_unique_key };

/// How hard a password is to guess: Argon2id's passes and memory. Tests take the least.
struct password_cost {
  unsigned long long passes = 2;
  std::size_t bytes = 19u << 20;
};

/// What an operator can set that actors care about. Filled by tools/config, defaults for tests.
struct settings {
  domain::rates rates;
  domain::topic_rights topics;
  std::string jwt_secret; // HS256
  std::string jwt_algorithm =
    "HS256"; // or RS256 / ES256 with jwt_public_key (PEM) for tokens made elsewhere
  std::string jwt_public_key;
  bool external_users = false; // an unknown `sub` makes that user on first use
  bool external_roles = false; // … and its role claim counts
  std::chrono::seconds access_token_life = domain::limits::access_token_life;
  std::chrono::seconds refresh_token_life = domain::limits::refresh_token_life;
  std::chrono::milliseconds room_idle = domain::limits::room_idle;
  std::chrono::milliseconds resume_window = domain::limits::resume_window;
  /// What an answer may bring of a room's past: always less than a connection's queue holds.
  std::size_t catch_up_bytes = domain::limits::catch_up_bytes(domain::limits::queue_bytes_max);
  password_cost passwords;
  bool own_threads =
    true; // for storage and passwords; false only under the test scheduler, which has no threads
  planted_defect defect = planted_defect::none;
};

} // namespace actors
