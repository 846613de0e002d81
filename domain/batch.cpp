#include "domain/batch.hpp"

#include "domain/audience.hpp"
#include "domain/json.hpp"
#include "domain/limits.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace domain {

namespace {

std::span<const topic> topics_of(const event& e) {
  if (e.audience != nullptr)
    return e.audience->topics;
  return {&e.topic, 1};
}

bool is_same_audience(const event& a, const event& b) {
  if (a.audience == nullptr || b.audience == nullptr)
    return a.audience == b.audience && a.topic == b.topic;
  return *a.audience == *b.audience;
}

bool may_share(const event& a, const event& b) {
  return a.priority == b.priority && a.cls == b.cls && a.except_user == b.except_user
         && is_same_audience(a, b);
}

event_ptr render(const std::vector<event_ptr>& events, timestamp now) {
  const auto& first = *events.front();
  std::string messages = "[";
  for (const auto& each : events) {
    if (messages.size() > 1)
      messages += ',';
    messages += json_object{}
                  .text("event", each->name)
                  .raw("data", each->data)
                  .text("timestamp", to_iso8601(each->at))
                  .take();
  }
  auto made = std::make_shared<event>();
  made->name = "batched-messages";
  made->data = json_object{}
                 .raw("messages", messages + ']')
                 .number("count", std::uint64_t{events.size()})
                 .text("timestamp", to_iso8601(now))
                 .take();
  made->topic = first.topic;
  made->cls = first.cls;
  made->priority = first.priority;
  made->except_user = first.except_user;
  made->at = now;
  made->audience = first.audience;
  return made;
}

} // namespace

std::map<batch_book::number, batch_book::batch>::iterator batch_book::find(const event& what) {
  const auto known = by_topic_.find(what.topic);
  if (known != by_topic_.end())
    for (const auto n : known->second)
      if (const auto at = batches_.find(n); may_share(*at->second.events.front(), what))
        return at;
  return batches_.end();
}

std::vector<event_ptr> batch_book::add(const event_ptr& what, moment now) {
  auto at = find(*what);
  // Of one topic and class only one batch is open: two would mix up the order of their events.
  std::vector<number> others;
  for (const auto& each : topics_of(*what))
    if (const auto known = by_topic_.find(each); known != by_topic_.end())
      for (const auto n : known->second)
        if (const auto other = batches_.find(n);
            other != at && other->second.events.front()->priority == what->priority)
          others.push_back(n);
  std::sort(others.begin(), others.end());
  others.erase(std::unique(others.begin(), others.end()), others.end());
  std::vector<event_ptr> out;
  for (const auto n : others)
    out.push_back(take(batches_.find(n), now.wall));
  if (at != batches_.end() && at->second.bytes + what->data.size() > limits::batch_event_bytes) {
    out.push_back(take(at, now.wall));
    at = batches_.end();
  }
  if (at == batches_.end()) {
    if (batches_.size() >= limits::open_batches) {
      for (auto& older : take_touching(*what, now.wall))
        out.push_back(std::move(older));
      out.push_back(what);
      return out;
    }
    at = batches_.emplace(++last_, batch{{}, 0, now.steady + limits::batch_time}).first;
    for (const auto& each : topics_of(*what))
      by_topic_[each].push_back(at->first);
  }
  auto& events = at->second.events;
  at->second.bytes += what->data.size();
  const auto older = what->key.empty()
                       ? events.end()
                       : std::find_if(events.begin(), events.end(), [&](const event_ptr& each) {
                           return each->key == what->key;
                         });
  if (older == events.end())
    events.push_back(what);
  else
    *older = what; // as everywhere: the newest, in the place of the oldest
  if (events.size() >= limits::batch_events)
    out.push_back(take(at, now.wall));
  return out;
}

std::vector<event_ptr> batch_book::take_touching(const topic& of, timestamp now) {
  std::vector<event_ptr> out;
  for (;;) {
    const auto known = by_topic_.find(of);
    if (known == by_topic_.end())
      return out;
    out.push_back(take(batches_.find(known->second.front()), now));
  }
}

std::vector<event_ptr> batch_book::take_touching(const event& what, timestamp now) {
  std::vector<event_ptr> out;
  for (const auto& each : topics_of(what))
    for (auto& taken : take_touching(each, now))
      out.push_back(std::move(taken));
  return out;
}

std::vector<event_ptr> batch_book::take_due(moment now) {
  std::vector<event_ptr> out;
  while (!batches_.empty() && batches_.begin()->second.due <= now.steady)
    out.push_back(take(batches_.begin(), now.wall));
  return out;
}

std::vector<event_ptr> batch_book::take_all(timestamp now) {
  std::vector<event_ptr> out;
  while (!batches_.empty())
    out.push_back(take(batches_.begin(), now));
  return out;
}

std::optional<steady_time> batch_book::next_due() const {
  if (batches_.empty())
    return std::nullopt;
  return batches_.begin()->second.due;
}

event_ptr batch_book::take(std::map<number, batch>::iterator at, timestamp now) {
  const auto events = std::move(at->second.events);
  const auto n = at->first;
  batches_.erase(at);
  for (const auto& each : topics_of(*events.front())) {
    const auto known = by_topic_.find(each);
    std::erase(known->second, n);
    if (known->second.empty())
      by_topic_.erase(known);
  }
  return render(events, now);
}

} // namespace domain
