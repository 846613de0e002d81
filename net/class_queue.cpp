#include "net/class_queue.hpp"

#include "domain/limits.hpp"

#include <utility>

namespace net {

namespace {

std::size_t bytes_of(std::span<const frame_ptr> unit) {
  std::size_t bytes = 0;
  for (const auto& each : unit)
    bytes += each->bytes.size();
  return bytes;
}

std::string key_of(const handling& how) {
  std::string key;
  if (how.key.empty())
    return key;
  if (how.topic != nullptr)
    key = *how.topic;
  key += '\0';
  return key.append(how.key);
}

} // namespace

std::size_t class_queue::entry::bytes() const {
  return first->bytes.size() + bytes_of(rest);
}

bool class_queue::push(std::span<const frame_ptr> unit, const handling& how) {
  auto key = key_of(how);
  if (!key.empty() && replace(unit, how, key))
    return true;
  auto& to = at(how.priority);
  const auto number = to.number + to.entries.size();
  const bool is_moved = !key.empty() && keys_.contains(key);
  if (is_moved) { // it was of another class: there it goes
    const auto old = keys_.at(key);
    kill(at(old.lane), at(old), {});
  }
  if (!key.empty())
    keys_.insert_or_assign(key, position{how.priority, number});
  entry made{unit.front(),  {unit.begin() + 1, unit.end()},
             how.topic,     std::move(key),
             ++last_order_, how.is_volatile};
  bytes_ += made.bytes();
  volatile_ += how.is_volatile ? 1 : 0;
  ++live_;
  ++to.live;
  to.entries.push_back(std::move(made));
  return is_moved;
}

bool class_queue::replace(
  std::span<const frame_ptr> unit, const handling& how, const std::string& key) {
  const auto known = keys_.find(key);
  if (known == keys_.end() || known->second.lane != how.priority)
    return false;
  auto& old = at(known->second);
  bytes_ += bytes_of(unit);
  bytes_ -= old.bytes();
  volatile_ += how.is_volatile ? 1 : 0;
  volatile_ -= old.is_volatile ? 1 : 0;
  old.first = unit.front();
  old.rest.assign(unit.begin() + 1, unit.end());
  old.is_volatile = how.is_volatile;
  return true;
}

std::size_t class_queue::bytes_replaced_by(const handling& how) const {
  if (how.key.empty())
    return 0;
  const auto known = keys_.find(key_of(how));
  if (known == keys_.end())
    return 0;
  const auto& l = at(known->second.lane);
  return l.entries[known->second.number - l.number].bytes();
}

bool class_queue::would_overtake(const handling& how) const {
  if (!how.key.empty())
    return true; // it may take an older one's place
  for (auto i = static_cast<std::size_t>(how.priority) + 1; i < lanes_.size(); ++i)
    if (lanes_[i].live > 0)
      return true;
  return false;
}

std::size_t
class_queue::take(std::vector<frame_ptr>& into, std::size_t frames_max, std::size_t bytes_max) {
  std::size_t frames = 0, bytes = 0;
  while (live_ > 0 && (frames == 0 || (frames < frames_max && bytes < bytes_max))) {
    auto& from = choose();
    auto& next = from.entries[from.head];
    bytes += next.bytes();
    frames += 1 + next.rest.size();
    bytes_ -= next.bytes();
    volatile_ -= next.is_volatile ? 1 : 0;
    --live_;
    --from.live;
    forget_key(next);
    into.push_back(std::move(next.first));
    for (auto& each : next.rest)
      into.push_back(std::move(each));
    next = entry{};
    skip_dead(from);
  }
  return bytes;
}

/// The highest class that has something, or the oldest frame when it was passed over often enough.
class_queue::lane& class_queue::choose() {
  lane* highest = nullptr;
  lane* oldest = nullptr;
  for (auto& each : lanes_) {
    if (each.live == 0)
      continue;
    if (highest == nullptr)
      highest = &each;
    if (oldest == nullptr || each.entries[each.head].order < oldest->entries[oldest->head].order)
      oldest = &each;
  }
  if (oldest == highest)
    return *highest;
  if (++overtakes_ <= domain::limits::overtakes_max)
    return *highest;
  overtakes_ = 0;
  return *oldest;
}

std::vector<class_queue::dropped> class_queue::drop_volatile() {
  std::vector<dropped> out;
  for (auto& each : lanes_)
    for (auto i = each.head; i < each.entries.size() && volatile_ > 0; ++i)
      if (auto& e = each.entries[i]; e.first != nullptr && e.is_volatile)
        out.push_back(kill(each, e, "volatile"));
  for (auto& each : lanes_)
    skip_dead(each);
  return out;
}

class_queue::dropped class_queue::drop_oldest(domain::priority p) {
  auto& from = at(p);
  auto out = kill(from, from.entries[from.head], domain::to_string(p));
  skip_dead(from);
  return out;
}

class_queue::dropped class_queue::kill(lane& from, entry& e, std::string_view cls) {
  dropped out{e.topic, cls, e.bytes()};
  bytes_ -= out.bytes;
  volatile_ -= e.is_volatile ? 1 : 0;
  --live_;
  --from.live;
  forget_key(e);
  e = entry{};
  if (cls.empty())
    skip_dead(from);
  return out;
}

void class_queue::forget_key(const entry& e) {
  if (!e.key.empty())
    keys_.erase(e.key);
}

/// The head is alive, or the lane is empty.
void class_queue::skip_dead(lane& l) {
  while (l.head < l.entries.size() && l.entries[l.head].first == nullptr)
    ++l.head;
  const bool is_empty = l.head == l.entries.size();
  if (!is_empty && (l.head < 64 || l.head * 2 < l.entries.size()))
    return; // a long backlog drains slowly: do not keep what is gone
  l.number += l.head;
  l.entries.erase(l.entries.begin(), l.entries.begin() + static_cast<std::ptrdiff_t>(l.head));
  l.head = 0;
}

} // namespace net
