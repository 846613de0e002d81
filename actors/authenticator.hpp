#pragma once

#include "domain/user.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace actors {

/// → domain::principal. Errors: unauthorized (forged, expired, wrong algorithm, unknown or disabled
/// user), unavailable.
struct verify_token {
  std::string token;
};

/// → signed_in. Registration always makes a `user`. `address` is for the rate limits. Errors:
/// validation_failed, conflict, rate_limited, overloaded (password queue full), unauthorized (one
/// same message and time for an unknown email and a wrong password).
struct register_user {
  domain::registration who;
  std::string address;
};
struct login_user {
  std::string email;
  std::string password;
  std::string address;
};
/// → signed_in with the next refresh token; the old one used again revokes the family
/// (unauthorized).
struct refresh_tokens {
  std::string refresh_token;
};
/// → logged_out, also for an unknown token. Ends the sign-in: its refresh tokens, its access tokens
/// and its sessions. With an access token instead: validation_failed when it was made elsewhere.
struct logout_user {
  std::string refresh_token;
  std::string access_token{};
};
struct logged_out {};

struct signed_in {
  domain::user user;
  std::string access_token;
  std::string refresh_token;
  std::int64_t expires_in = 0; // seconds
};

/// Makes the administrator of the configuration if there is none with that email. → signed_in
/// (tokens empty).
struct ensure_admin {
  std::string email;
  std::string password;
};

using authenticator_actor = caf::typed_actor<
  caf::replies_to<verify_token>::with<domain::principal>,
  caf::replies_to<register_user>::with<signed_in>, caf::replies_to<login_user>::with<signed_in>,
  caf::replies_to<refresh_tokens>::with<signed_in>, caf::replies_to<logout_user>::with<logged_out>,
  caf::replies_to<ensure_admin>::with<signed_in>>;

struct surroundings;

authenticator_actor
spawn_authenticator(caf::actor_system& system, std::shared_ptr<surroundings> world);

} // namespace actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::domain::principal)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::verify_token)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::register_user)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::login_user)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::refresh_tokens)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::logout_user)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::logged_out)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::signed_in)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::ensure_admin)
