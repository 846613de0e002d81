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
     unsent, std::string{ended}, wall_now()});
}

} // namespace net
