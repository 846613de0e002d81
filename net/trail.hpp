#pragma once

#include "domain/ids.hpp"
#include "domain/time.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace net {

class client;

/// What became of the connections of one shard, recently: for an operator who asks why somebody did
/// or did not get a message. Kept per subscription and not per delivery, so a delivery pays nothing
/// for it. Bounded (limits::trail_records), the oldest go first. Runs on its shard's thread.
class trail {
public:
  enum class kind : std::uint8_t {
    connected,
    subscribed,
    unsubscribed, // also by the end of the connection
    overflowed,   // closed, because what waited for it was more than its queue may hold
    closed,
  };
  struct record {
    kind what = kind::closed;
    std::string session;
    std::string user;
    std::string topic;           // empty: all
    std::uint64_t position = 0;  // of the shard's journal: deliveries after it come later
    std::size_t unsent = 0;      // bytes that waited in the queue
    domain::timestamp blocked{}; // since when it took nothing more; the epoch: not known
    std::string ended;           // closed: by which rule, see client::closed
    domain::timestamp at{};
  };

  trail();
  void note(
    kind what, client& who, std::string_view topic, std::size_t unsent = 0,
    std::string_view ended = {});
  const std::deque<record>& records() const { return records_; } // oldest first
  /// What was before this is not known: forgotten, or before this process began.
  domain::timestamp forgotten() const { return forgotten_; }

private:
  std::deque<record> records_;
  domain::timestamp forgotten_;
};

} // namespace net
