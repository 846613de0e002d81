#pragma once

#include "net/shard.hpp"

#include <cstddef>
#include <vector>

namespace net {

class tracer;

/// Of the deliveries of one turn with the same topic and key (and audience and class), leaves the
/// newest, in the place of the oldest; the others become empty. None is moved over a subscription:
/// who came in between would miss it. Returns how many became empty. `trace`: told of each; may be
/// none.
std::size_t conflate(std::vector<shard::order>& orders, tracer* trace = nullptr);

} // namespace net
