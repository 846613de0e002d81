#pragma once

#include "actors/directory.hpp"
#include "actors/room_directory.hpp"
#include "actors/session_index.hpp"
#include "net/http/site.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace net {
struct services;
}

namespace net::rest {

/// `act_12`.
std::string actor_id(std::uint64_t id);
/// Of `act_12` or `12`.
std::optional<std::uint64_t> read_actor_id(std::string_view text);
/// `{total, totals:{type:n}, actors:[…], deaths:[…]}`
std::string actors_json(
  const actors::actor_directory::listing& found,
  const std::vector<actors::actor_directory::obituary>& dead);
/// A row, and its state (JSON).
std::string actor_json(const actors::actor_row& row, std::string_view state_json);
/// `{total, rooms:[…]}`; a room whose actor did not answer in time has its ids only.
std::string rooms_json(
  const actors::active_rooms& found,
  const std::vector<std::optional<actors::room_state_view>>& states);
std::string room_state_json(const actors::room_state_view& view);
/// `{total, sessions:[…]}`
std::string sessions_json(const std::vector<actors::session_index::row>& rows, std::size_t total);
std::string session_json(const actors::session_view& view);
/// Totals, shards, process: counters only, nobody is asked.
std::string top_json(services& s, const http::site& common, std::size_t active_rooms);

} // namespace net::rest
