#include "net/trail.hpp"

#include "domain/limits.hpp"
#include "net/client.hpp"
#include "net/journal.hpp"
#include "net/shard.hpp"

#include <chrono>

namespace net {
namespace {

domain::timestamp wall_now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

domain::timestamp to_wall(domain::steady_time at) {
  if (at == domain::steady_time::max())
    return {};
  const auto ago = std::chrono::steady_clock::now() - at;
  return wall_now() - std::chrono::duration_cast<std::chrono::milliseconds>(ago);
}

} // namespace

trail::trail() : forgotten_(wall_now()) {}

void trail::note(
  kind what, client& who, std::string_view topic, std::size_t unsent, std::string_view ended) {
  if (records_.size() >= domain::limits::trail_records) {
    forgotten_ = records_.front().at;
    records_.pop_front();
  }
  records_.push_back(
    {what, who.session_id(), who.user().value, std::string{topic}, who.home().recent().position(),
     unsent, to_wall(who.blocked_since()), std::string{ended}, wall_now()});
}

} // namespace net
