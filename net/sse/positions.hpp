#pragma once

#include "domain/event.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace net::sse {

/// How far a stream has come in each of its rooms: the ids of its events, which a client gives back
/// as `Last-Event-ID`. Written as `ROOM:SEQ,ROOM:SEQ…` in the order of the request.
class positions {
public:
  explicit positions(std::vector<domain::room_id> rooms);
  /// Reads what was written; rooms that are not among ours are left out. False: it is no such text.
  bool read(std::string_view last_event_id);

  std::optional<domain::seq> find(const domain::room_id& room) const;
  void set(const domain::room_id& room, domain::seq at);
  /// Moves on by an event of a room. False: it was known already.
  bool pass(const domain::event& what);
  /// Rooms without a position are left out.
  std::string text() const;

private:
  struct place {
    domain::room_id room;
    domain::topic topic;
    std::optional<domain::seq> at;
  };
  std::vector<place> places_; // at most limits::stream_rooms
};

/// The id of a durable event in a stream of its room alone; empty for any other event.
std::string id_of(const domain::event& what);

} // namespace net::sse
