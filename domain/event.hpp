#pragma once

#include "domain/ids.hpp"
#include "domain/priority.hpp"
#include "domain/time.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace domain {

/// What connections subscribe to: `room:ID`, `user:ID`, `all`, or a free one (`public:prices`).
using topic = std::string;
inline topic topic_of(const room_id& room) {
  return "room:" + room.value;
}
inline topic topic_of(const user_id& user) {
  return "user:" + user.value;
}
/// Every signed-in connection.
inline const topic everybody = "all";

struct audience;

/// Which events give way first when a connection's queue fills up.
enum class delivery_class : std::uint8_t {
  durable,   // has a seq; never dropped, the connection is closed and resumes instead
  ephemeral, // not stored, not dropped
  droppable, // volatile: dropped from half of the queue's bound on, counted, told by `gap`
};

/// One thing that happened, rendered once, shared by all who receive it. Immutable.
struct event {
  std::string name; // "new-message"
  std::string data; // JSON
  domain::topic topic;
  domain::seq seq = 0; // 0: not durable
  delivery_class cls = delivery_class::ephemeral;
  domain::priority priority = domain::priority::normal;
  std::string key;     // conflation key; empty: none
  user_id except_user; // this user's connections do not get it; empty: everybody gets it
  timestamp at{};
  /// Broadcasts to more than one topic, with exceptions or conditions; none: all of `topic`.
  std::shared_ptr<const domain::audience> audience{};
};
using event_ptr = std::shared_ptr<const event>;

/// One entry of a room's append-only log. `body` is the event's data as JSON, without `seq`.
struct logged_event {
  room_id room;
  domain::seq seq = 0;
  std::string type; // the event's name
  user_id actor;
  std::string body;
  timestamp at{};
};
/// `{"event":…,"type":…,"seq":…,"data":{…with seq},"timestamp":…}` as in answers to join, sync and
/// GET …/events.
std::string to_json(const logged_event& e);
/// The data others are shown: `body` with `"seq":N` put in front.
std::string shown_data(const logged_event& e);

} // namespace domain
