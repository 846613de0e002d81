#pragma once

#include "domain/broadcast.hpp"
#include "domain/error.hpp"
#include "domain/time.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace domain {

/// Counts by name, of a bounded number of names: the one that was not used for the longest gives
/// way.
class name_counts {
public:
  struct entry {
    std::string name;
    std::uint64_t count = 0;
    timestamp last{};
    std::string last_event;
    std::vector<std::pair<std::string, std::uint64_t>> events; // bounded; what is beyond is `other`
    std::uint64_t other = 0;
  };

  void add(const std::string& name, const std::string& event, timestamp at);
  /// Those not used since `limit`.
  void forget_before(timestamp limit);
  const entry* find(std::string_view name) const; // nullptr: unknown
  std::vector<const entry*> top(std::size_t n) const;
  std::size_t size() const { return by_name_.size(); }
  void clear();

private:
  std::list<entry> entries_; // the newest in front
  std::unordered_map<std::string, std::list<entry>::iterator> by_name_;
};

/// What was broadcast on this node (contract section 5): totals, by event, room and user, the last
/// failures. Bounded in names and in time.
class broadcast_statistics {
public:
  explicit broadcast_statistics(timestamp now) : since_(now) {}

  void sent(const broadcast& what, timestamp at);
  void counted(std::size_t recipients) { recipients_ += recipients; }
  void batches_sent(std::size_t n) { batches_ += n; }
  void failed(const std::string& event, const error& why, timestamp at);
  void forget_old(timestamp now);
  void reset(timestamp now);

  std::uint64_t total() const { return total_; }
  /// Everything as one JSON object; of the names those with the highest counts. With `room` or
  /// `user` that one's counts too, zeros when it is unknown.
  std::string to_json(timestamp now, const std::string& room, const std::string& user) const;

private:
  struct failure {
    timestamp at{};
    std::string event;
    std::string code;
    std::string message;
  };

  timestamp since_;
  std::uint64_t total_ = 0, recipients_ = 0, batched_ = 0, batches_ = 0, failures_ = 0;
  std::array<std::uint64_t, priority_count> by_priority_{};
  name_counts events_, rooms_, users_;
  std::deque<failure> last_failures_;
};

} // namespace domain
