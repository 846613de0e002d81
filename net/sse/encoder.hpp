// WHATWG HTML, "Server-sent events", "Parsing an event stream".
#pragma once

#include "net/frame.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace net::sse {

/// One event: `id:` (left out when empty), `event:`, `data:`. A name can't hold a line's end here:
/// it becomes a space, so that nobody writes fields of their own into another's stream.
frame_ptr encode_event(std::string_view name, std::string_view data_json, std::string_view id);
/// An `id:` line alone: belongs to the event right behind it.
frame_ptr encode_id(std::string_view id);
/// How long a client waits before it comes back.
frame_ptr encode_retry(std::chrono::milliseconds pause);
/// A comment, for proxies that end what is silent. One for all.
frame_ptr heartbeat();

} // namespace net::sse
