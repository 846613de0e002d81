#pragma once

#include "domain/ids.hpp"
#include "domain/result.hpp"
#include "domain/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace domain {

enum class room_type : std::uint8_t { open, closed, direct }; // wire: public, private, direct
std::string_view to_string(room_type t);
bool parse_room_type(std::string_view text, room_type& out);

enum class room_role : std::uint8_t { member, moderator, owner };
std::string_view to_string(room_role r);
bool parse_room_role(std::string_view text, room_role& out);

struct room {
  room_id id;
  std::string name;
  room_type type = room_type::open;
  user_id created_by;
  timestamp created_at{};
  timestamp updated_at{};
  seq last_seq = 0;
  std::size_t member_count = 0; // memberships, not who is online
};

struct membership {
  room_id room;
  user_id user;
  room_role role = room_role::member;
  timestamp joined_at{};
};

/// A caller-chosen room id: [A-Za-z0-9_.:-]{1,64}.
bool is_valid_room_id(std::string_view text);

struct new_room {
  std::string name;
  room_type type = room_type::open;
  std::optional<std::string> id;
};
result<new_room> check(new_room input);

} // namespace domain
