#pragma once

#include "domain/event.hpp"
#include "domain/time.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace net {

/// The last deliveries of one shard, numbered, so that a connection that comes back within the
/// resume window gets exactly what it missed (Socket.IO connection state recovery). One per shard
/// instead of a buffer per session. Bounded in time, events and bytes. Runs on its shard's thread.
class journal {
public:
  struct entry {
    std::uint64_t position = 0;
    domain::steady_time at{};
    domain::event_ptr what;
  };

  /// Numbers a delivery; keeps it when it may be replayed. Returns its position.
  std::uint64_t add(const domain::event_ptr& what, domain::steady_time now);
  /// The number of the last delivery, kept or not.
  std::uint64_t position() const { return last_; }
  /// True when everything after `position` is still here.
  bool reaches(std::uint64_t position) const { return position <= last_ && position >= forgotten_; }
  /// Calls `each` for all kept entries after `position`, oldest first.
  void replay(std::uint64_t position, const std::function<void(const entry&)>& each) const;
  void forget_before(domain::steady_time limit);
  std::size_t size() const { return entries_.size(); }

private:
  void drop_oldest();
  std::deque<entry> entries_;
  std::size_t bytes_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t forgotten_ = 0; // the newest position that was dropped
};

/// `SHARD.POSITION`, the offset that Socket.IO clients give back. Nothing if it is none.
struct journal_offset {
  std::uint32_t shard = 0;
  std::uint64_t position = 0;
  friend bool operator==(const journal_offset&, const journal_offset&) = default;
};
std::string to_string(const journal_offset& o);
std::optional<journal_offset> parse_offset(std::string_view text);

} // namespace net
