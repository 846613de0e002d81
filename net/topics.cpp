#include "net/topics.hpp"

#include "net/client.hpp"
#include "net/shard.hpp"
#include "net/trail.hpp"

#include <algorithm>

namespace net {

bool topics::add(client& who, const domain::topic& topic) {
  auto* slot = find(topic);
  if (slot == nullptr) {
    auto made = std::make_unique<topic_entry>();
    slot = made.get();
    slot->name = topic;
    entries_.emplace(slot->name, std::move(made));
  }
  if (has(who, *slot))
    return false;
  who.subscriptions_.emplace_back(slot, slot->subscribers.size());
  slot->subscribers.push_back(&who);
  who.home().past().note(trail::kind::subscribed, who, topic);
  return true;
}

bool topics::remove(client& who, const domain::topic& topic) {
  auto found = entries_.find(topic);
  if (found == entries_.end())
    return false;
  auto& entry = *found->second;
  auto mine =
    std::find_if(who.subscriptions_.begin(), who.subscriptions_.end(), [&](const auto& s) {
      return s.first == &entry;
    });
  if (mine == who.subscriptions_.end())
    return false;
  auto index = mine->second;
  who.subscriptions_.erase(mine);
  who.home().past().note(trail::kind::unsubscribed, who, topic);
  erase_at(entry, index);
  if (entry.subscribers.empty())
    entries_.erase(found);
  return true;
}

bool topics::has(const client& who, const topic_entry& topic) const {
  const auto& all = who.subscriptions_;
  return std::any_of(
    all.begin(), all.end(), [&](const auto& each) { return each.first == &topic; });
}

void topics::locate(client& who) {
  const auto& traits = who.facts().traits;
  if (traits != nullptr && traits->location)
    where_.put(who, *traits->location);
  else
    where_.remove(who);
}

void topics::remove_all(client& who, const std::function<void(const domain::topic&)>& each) {
  where_.remove(who);
  auto all = std::move(who.subscriptions_);
  who.subscriptions_ = {};
  for (auto& [entry, index] : all) {
    each(entry->name);
    erase_at(*entry, index);
    if (entry->subscribers.empty())
      entries_.erase(entries_.find(entry->name));
  }
}

topic_entry* topics::find(const domain::topic& topic) {
  auto found = entries_.find(topic);
  return found == entries_.end() ? nullptr : found->second.get();
}

void topics::erase_at(topic_entry& entry, std::size_t index) {
  // The last one takes the empty place and is told so: order among subscribers means nothing.
  auto* moved = entry.subscribers.back();
  entry.subscribers[index] = moved;
  entry.subscribers.pop_back();
  if (index == entry.subscribers.size())
    return;
  for (auto& [other, place] : moved->subscriptions_) {
    if (other == &entry) {
      place = index;
      return;
    }
  }
}

} // namespace net
