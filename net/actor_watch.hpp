#pragma once

#include "actors/directory.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace net {

/// What one actor handles, seen from outside: its counters are looked at, so it pays nothing for
/// it, watched or not. Of several messages between two looks only the last has a name. One thread.
class actor_watch {
public:
  actor_watch(const actors::actor_directory& live, std::uint64_t id);

  /// A line of JSON when it has handled something since the last look.
  std::optional<std::string> look();
  /// At the last look.
  bool is_gone() const { return is_gone_; }

private:
  const actors::actor_directory& live_;
  std::uint64_t id_;
  actors::actor_row before_;
  bool is_gone_ = false;
};

} // namespace net
