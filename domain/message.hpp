#pragma once

#include "domain/ids.hpp"
#include "domain/result.hpp"
#include "domain/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace domain {

/// What a client wants to say. Content is trimmed, 1–4000 characters (code points) unless there are
/// attachments. Attachments are JSON texts of objects, at most 10, 16 KiB in all.
struct draft {
  std::string content;
  std::string client_id; // the sender's own idempotency key; empty: none
  std::string reply_to;  // id of a message of the same room; empty: none
  std::vector<std::string> attachments;
};
result<draft> check(draft input);

/// Who is acting in a room, as shown to others.
struct member_ref {
  user_id user;
  std::string username;
  std::string name;
  std::string avatar;
};

/// The current content of a message (a projection of the room's log).
struct message {
  message_id id;
  room_id room;
  domain::seq seq = 0;
  member_ref sender;
  std::string content;
  std::string reply_to;
  std::string client_id;
  std::string attachments_json = "[]";
  timestamp at{};
  bool edited = false;
};

/// The `new-message` payload of contract section 3, `seq` included; also the v1 REST resource.
/// Without `seq` while there is none yet: that is the body of the log.
std::string to_json(const message& m);

} // namespace domain
