#pragma once

#include "actors/authenticator.hpp"

#include <caf/typed_actor.hpp>

#include <string>

// Argon2id, on threads of its own: one password takes tens of milliseconds and megabytes.
namespace actors {

struct hash_password {
  std::string password;
};
struct hashed_password {
  std::string hash;
};
/// An empty hash costs the same time and is never right.
struct check_password {
  std::string password;
  std::string hash;
};
struct password_verdict {
  bool is_right = false;
};

using password_worker_actor = caf::typed_actor<
  caf::replies_to<hash_password>::with<hashed_password>,
  caf::replies_to<check_password>::with<password_verdict>>;

password_worker_actor
spawn_password_worker(caf::actor_system& system, const std::shared_ptr<surroundings>& world);

} // namespace actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::hash_password)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::hashed_password)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::check_password)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::password_verdict)
