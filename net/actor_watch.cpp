#include "net/actor_watch.hpp"

#include "domain/json.hpp"
#include "domain/time.hpp"

#include <chrono>
#include <utility>

namespace net {

actor_watch::actor_watch(const actors::actor_directory& live, std::uint64_t id)
    : live_(live), id_(id), is_gone_(!live.find(id, before_)) {}

std::optional<std::string> actor_watch::look() {
  actors::actor_row now;
  is_gone_ = is_gone_ || !live_.find(id_, now);
  if (is_gone_ || now.handled == before_.handled)
    return std::nullopt;
  domain::json_object line;
  line.text(
    "at", domain::to_iso8601(std::chrono::time_point_cast<std::chrono::milliseconds>(
            std::chrono::system_clock::now())));
  line.text("what", "handled").number("messages", now.handled - before_.handled);
  line.text("last", now.last_message).number("total", now.handled);
  line.number("mailbox", now.mailbox).number("busyUs", now.busy_us - before_.busy_us);
  before_ = std::move(now);
  return line.take();
}

} // namespace net
