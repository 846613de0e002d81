#pragma once

#include "domain/event.hpp"
#include "domain/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace domain {

/// Events that wait to go out together: those of one target and class become one
/// `batched-messages {messages:[{event,data,timestamp}],count,timestamp}` when there are
/// `batch_events` of them, when the first has waited for `batch_time`, or before anything else goes
/// to one of their topics. What the calls give back is to be delivered at once, in that order.
class batch_book {
public:
  struct moment {
    steady_time steady{};
    timestamp wall{};
  };

  std::vector<event_ptr> add(const event_ptr& what, moment now);
  /// Those that an event or a change of subscription must not overtake.
  std::vector<event_ptr> take_touching(const topic& of, timestamp now);
  std::vector<event_ptr> take_touching(const event& what, timestamp now);
  std::vector<event_ptr> take_due(moment now);
  std::vector<event_ptr> take_all(timestamp now);

  std::size_t open() const { return batches_.size(); }
  std::optional<steady_time> next_due() const; // nothing: no batch is open

private:
  struct batch {
    std::vector<event_ptr> events;
    std::size_t bytes = 0;
    steady_time due{};
  };
  using number = std::uint64_t; // in the order of their beginnings, so of their ends too

  std::map<number, batch>::iterator find(const event& what);
  event_ptr take(std::map<number, batch>::iterator at, timestamp now);

  std::map<number, batch> batches_;
  std::unordered_map<topic, std::vector<number>> by_topic_;
  number last_ = 0;
};

} // namespace domain
