#pragma once

#include "domain/event.hpp"
#include "net/frame.hpp"
#include "net/journal.hpp"

namespace net {

/// One event in one protocol: the frame that all its receivers share. `at`: its place in a shard's
/// journal, for Socket.IO's recovery.
frame_ptr encode(encoding as, const domain::event& what, const journal_offset& at);

} // namespace net
