// What operators ask of a node, whichever way they come: REST and the namespace "/admin".
#pragma once

#include "domain/result.hpp"
#include "net/http/site.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace net {
struct services;
}

namespace net::rest {

inline constexpr std::size_t admin_limit_default = 100;
inline constexpr std::size_t admin_limit_max = 1'000;

/// A JSON object, or why there is none. Called once, on this shard, at once or later.
using admin_answer = std::function<void(domain::result<std::string>)>;

/// `type` empty: all; `sort` empty: by mailbox. Errors: validation_failed.
void ask_actors(
  services& s, std::string_view type, std::string_view sort, std::size_t limit,
  const admin_answer& done);
/// Rooms that run, with their states.
void ask_rooms(services& s, std::size_t limit, admin_answer done);
/// Newest first.
void ask_sessions(services& s, std::size_t limit, const admin_answer& done);
/// Totals of this node.
void ask_node(services& s, std::shared_ptr<http::site> common, const admin_answer& done);

} // namespace net::rest
