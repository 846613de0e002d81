#pragma once

#include "domain/limits.hpp"
#include "domain/message.hpp"
#include "domain/time.hpp"

#include <optional>
#include <unordered_map>
#include <vector>

namespace domain {

/// Who is typing in a room. Ends by itself limits::typing_timeout after the last `start`.
class typing_set {
public:
  /// True when this user was not typing before: tell the others once.
  bool start(const member_ref& who, steady_time now);
  /// True when the user was typing (on stop, send, leave, disconnect): tell the others.
  bool stop(const user_id& user);
  /// Those whose time is over, each once, in the order of their ids.
  std::vector<member_ref> expire(steady_time now);
  /// When to call `expire` next; nothing while nobody types.
  std::optional<steady_time> next_deadline() const;
  std::size_t size() const { return typing_.size(); }

private:
  struct entry {
    member_ref who;
    steady_time until;
  };
  std::unordered_map<user_id, entry> typing_;
};

} // namespace domain
