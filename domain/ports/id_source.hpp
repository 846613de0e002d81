#pragma once

#include "domain/ids.hpp"

namespace domain {

/// New ids, handed in. Any thread. Real ones are time-sortable and unguessable (UUIDv7-like, 80
/// random bits, Crockford base32); in tests they count.
class id_source {
public:
  virtual ~id_source() = default;
  virtual user_id next_user() = 0;
  virtual room_id next_room() = 0;
  virtual message_id next_message() = 0;
  virtual session_id next_session() = 0;
};

} // namespace domain
