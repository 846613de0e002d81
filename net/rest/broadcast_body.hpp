#pragma once

#include "domain/broadcast.hpp"
#include "net/rest/body.hpp"

namespace net::rest {

/// `{event, data?, target, priority?, batch?, volatile?, key?}` (contract section 5), strictly, at
/// every depth. What is wrong with its shape is noted in `b`; rules are the domain's.
domain::broadcast read_broadcast(body& b);

} // namespace net::rest
