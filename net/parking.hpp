#pragma once

#include "domain/event.hpp"
#include "domain/time.hpp"
#include "net/journal.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace net {

/// A session's time on one shard, and what its client is known to have received meanwhile. Offsets
/// are what a Socket.IO client gives back; none: it never received an event.
struct stretch {
  std::uint64_t from = 0; // the journal's position when the session came to this shard
  std::optional<journal_offset> base{}; // names a client that has all that came before `from`
  std::optional<journal_offset> last{}; // of the last delivery that it was sent; may be of an
                                        // earlier shard
  std::uint64_t until = 0;              // the journal's position when the connection was gone
  std::uint64_t unordered_until = 0;    // see client::note_unordered

  /// After which position of this shard's journal a client begins to miss something that gives
  /// `offset`. Nothing when that can't be told.
  std::optional<std::uint64_t>
  missing_after(std::uint32_t shard, const std::optional<journal_offset>& offset) const;
};

/// The sessions of one shard whose connections are gone and may come back (recovery). Bounded in
/// time, number and bytes; who is dropped gets a fresh session, and is told. Runs on its shard's
/// thread.
class parking {
public:
  /// What a place kept; called when it is given up, for whatever reason.
  using released = std::function<void(const std::vector<domain::topic>&)>;
  explicit parking(released then) : then_(std::move(then)) {}

  void put(
    std::string pid, std::vector<domain::topic> topics, const stretch& known,
    domain::steady_time until);
  const stretch* find(const std::string& pid) const; // nullptr: not here
  /// Whether the place is there and its session had all of these topics when its connection went:
  /// what came to them meanwhile is in the journal.
  bool has_kept(const std::string& pid, std::span<const domain::topic> topics) const;
  void release(const std::string& pid);
  void forget_before(domain::steady_time limit);
  std::size_t size() const { return places_.size(); }

private:
  struct place {
    std::string pid;
    std::vector<domain::topic> topics;
    stretch known;
    domain::steady_time until{};
    std::size_t bytes = 0;
  };
  using places = std::list<place>;
  void give_up(places::iterator which);

  released then_;
  places places_; // in the order of their ends
  std::unordered_map<std::string, places::iterator> by_pid_;
  std::size_t bytes_ = 0;
};

} // namespace net
