#pragma once

#include "domain/audience.hpp"
#include "domain/ids.hpp"
#include "domain/result.hpp"
#include "domain/time.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace domain {

struct user {
  user_id id;
  std::string username; // [A-Za-z0-9_]{2,32}, unique without regard to case
  std::string name;     // 2–50 characters
  std::string email;    // lower case, trimmed; empty for external users that brought none
  std::string avatar;
  domain::role role = domain::role::user;
  bool is_active = true;
  timestamp created_at{};
  timestamp updated_at{};
};

/// What the body of a sign-up may say. There is no role in it.
struct registration {
  std::string email;
  std::string username;
  std::string name;
  std::string password;
};
/// Trims and lower-cases the email, trims the name; then every broken rule at once
/// (validation_failed).
result<registration> check(registration input);

/// Who is asking: what a checked token says about its bearer.
struct principal {
  user_id user;
  std::string username;
  std::string name;
  std::string avatar;
  domain::role role = domain::role::user;
  timestamp expires_at{}; // of the token
  std::string login{};    // the sign-in it comes from (`sid`); empty: made elsewhere
  std::shared_ptr<const domain::traits> traits{}; // of the token's claims; may be none
};

} // namespace domain
