#pragma once

#include "domain/ids.hpp"
#include "domain/message.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace domain {

/// Which sessions are in a room, by user.
class attendance {
public:
  enum class entry : std::uint8_t {
    first,   // the user was not here before: tell the others
    another, // one more session of a user who is here
    again,   // this session is here already
  };
  entry enter(const member_ref& who, const session_id& session);

  /// The user, when this was their last session here: tell the others. Nothing otherwise.
  std::optional<member_ref> leave(const user_id& user, const session_id& session);

  bool has(const user_id& user, const session_id& session) const;
  bool has(const user_id& user) const { return present_.contains(user); }
  /// Everybody here, in the order of their ids, at most `limit`.
  std::vector<member_ref> users(std::size_t limit) const;
  std::size_t user_count() const { return present_.size(); }
  std::size_t session_count() const { return sessions_; }

private:
  struct attendee {
    member_ref who;
    std::set<session_id> sessions;
  };
  std::map<user_id, attendee> present_;
  std::size_t sessions_ = 0;
};

} // namespace domain
