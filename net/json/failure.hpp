#pragma once

#include "actors/outbox.hpp"

#include <string>
#include <string_view>

namespace net::json {

/// The data of the `error` event, for a command that failed and asked for no answer:
/// `{"event":…,"code":…,"message":…}`. `failed` is a reply that is not ok.
std::string failure_event(std::string_view command, const actors::reply& failed);

} // namespace net::json
