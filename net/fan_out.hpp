#pragma once

#include "net/shard.hpp"

#include <cstddef>
#include <span>

namespace net {

/// How many deliveries at the front of `orders` may go out as one buffer: one topic, one class, no
/// exceptions, nothing to drop or to count. Precondition: the first is a delivery.
std::size_t length_of_run(std::span<const shard::order> orders);

/// What the events of a run take, roughly.
std::size_t bytes_of(std::span<const shard::order> run);

/// Hands deliveries of one topic to its subscribers on this shard, or one to its audience: numbered
/// for recovery, encoded once per protocol (several as one buffer where the connection takes that),
/// a reference into each queue. Returns to how many connections.
std::size_t fan_out(shard& home, std::span<shard::order> run, domain::steady_time now);

} // namespace net
