#pragma once

#include "actors/node.hpp"
#include "net/front.hpp"
#include "net/settings.hpp"
#include "net/shard.hpp"

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace net {

/// What the front of one shard works with. One per shard; its references live as long as the server.
struct services {
  actors::node& node;
  shard& home;
  front& ask;
  const settings& config;
  std::vector<shard*> shards;                 // all of them, by index
  const std::atomic<bool>& is_draining;
  std::atomic<std::uint64_t>& http_connections; // live, for metrics
};

} // namespace net
