#pragma once

#include "domain/time.hpp"
#include "domain/user.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <unordered_map>

namespace actors {

/// Users whose tokens were good a moment ago, one entry for each sign-in of theirs, so that not
/// every request asks the storage. Bounded; when it is full, new ones are not kept. Belongs to one
/// actor.
class sign_in_cache {
public:
  /// nullptr: ask. `login` may be empty (tokens that were made elsewhere).
  const domain::user*
  find(const std::string& user, const std::string& login, domain::steady_time now) const;
  /// Not when the sign-in has just ended.
  void remember(const domain::user& user, const std::string& login, domain::steady_time now);
  /// A sign-in was ended. Questions that are under way may come back with what was so before:
  /// `has_ended` knows better for as long as they take.
  void end(const std::string& user, const std::string& login, domain::steady_time now);
  bool has_ended(const std::string& login) const { return ended_.contains(login); }
  std::size_t size() const { return users_.size(); }

private:
  struct entry {
    domain::user user;
    domain::steady_time until;
  };
  std::unordered_map<std::string, entry> users_; // by key_of(user, login)
  std::unordered_map<std::string, domain::steady_time> ended_;
};

} // namespace actors
