#pragma once

#include "net/shard.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace net {

/// The end of the run of deliveries at `first` that may go out as one buffer: one topic, one class,
/// no exceptions, nothing to drop or to count.
std::size_t end_of_run(const std::vector<shard::order>& orders, std::size_t first);

/// What the events of a run take, roughly.
std::size_t bytes_of(std::span<const shard::order> run);

/// Hands deliveries of one topic to its subscribers on this shard, or one to its audience: numbered
/// for recovery, encoded once per protocol (several as one buffer where the connection takes that),
/// a reference into each queue.
void fan_out(shard& home, std::span<shard::order> run, domain::steady_time now);

} // namespace net
