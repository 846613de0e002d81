#include "net/parking.hpp"

#include "domain/limits.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace net {

std::optional<std::uint64_t>
stretch::missing_after(std::uint32_t shard, const std::optional<journal_offset>& offset) const {
  const bool is_here = offset && offset->shard == shard && offset->position >= from;
  // What was written out of order may have arrived or not: the offset does not tell.
  if (unordered_until > (is_here ? offset->position : from))
    return std::nullopt;
  if (offset == last) // it has all that it was ever sent: however long ago that was
    return until;
  if (is_here)
    return offset->position;
  if (offset == base)
    return from;
  return std::nullopt;
}

void parking::put(
  std::string pid, std::vector<domain::topic> topics, const stretch& known,
  domain::steady_time until) {
  release(pid);
  std::size_t bytes = sizeof(place) + 2 * pid.size();
  for (const auto& topic : topics)
    bytes += sizeof topic + topic.size();
  places_.push_back({std::move(pid), std::move(topics), known, until, bytes});
  by_pid_[places_.back().pid] = std::prev(places_.end());
  bytes_ += bytes;
  while (places_.size() > domain::limits::parked_sessions || bytes_ > domain::limits::parked_bytes)
    give_up(places_.begin());
}

const stretch* parking::find(const std::string& pid) const {
  const auto found = by_pid_.find(pid);
  return found == by_pid_.end() ? nullptr : &found->second->known;
}

bool parking::has_kept(const std::string& pid, std::span<const domain::topic> topics) const {
  const auto found = by_pid_.find(pid);
  if (found == by_pid_.end())
    return false;
  const auto& all = found->second->topics;
  const std::unordered_set<std::string_view> kept{all.begin(), all.end()};
  return std::all_of(
    topics.begin(), topics.end(), [&](const auto& each) { return kept.contains(each); });
}

void parking::release(const std::string& pid) {
  if (const auto found = by_pid_.find(pid); found != by_pid_.end())
    give_up(found->second);
}

void parking::forget_before(domain::steady_time limit) {
  while (!places_.empty() && places_.front().until <= limit)
    give_up(places_.begin());
}

void parking::give_up(places::iterator which) {
  then_(which->topics);
  bytes_ -= which->bytes;
  by_pid_.erase(which->pid);
  places_.erase(which);
}

} // namespace net
