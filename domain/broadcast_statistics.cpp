#include "domain/broadcast_statistics.hpp"

#include "domain/json.hpp"
#include "domain/limits.hpp"

#include <algorithm>

namespace domain {

namespace {

constexpr std::size_t names_shown = 100;
constexpr std::size_t message_bytes_max = 256;

/// A JSON array of what `write` makes of each.
template <class Container, class Write>
std::string json_array(const Container& all, Write write) {
  std::string out = "[";
  for (const auto& each : all) {
    if (out.size() > 1)
      out += ',';
    out += write(each);
  }
  return out + ']';
}

std::string brief(const name_counts::entry& e) {
  return json_object{}
    .text("name", e.name)
    .number("count", e.count)
    .text("last", to_iso8601(e.last))
    .take();
}

std::string whole(const name_counts::entry& e) {
  json_object events;
  for (const auto& [name, count] : e.events)
    events.number(name, count);
  json_object out;
  out.text("id", e.name).number("count", e.count);
  if (e.count == 0)
    out.raw("last", "null");
  else
    out.raw(
      "last",
      json_object{}.text("event", e.last_event).text("timestamp", to_iso8601(e.last)).take());
  return out.raw("events", events.take()).number("otherEvents", e.other).take();
}

std::string of_one(const name_counts& all, const std::string& name) {
  const auto* found = all.find(name);
  name_counts::entry nothing;
  nothing.name = name;
  return whole(found != nullptr ? *found : nothing);
}

} // namespace

// -- counts by name -------------------------------------------------------------------------------

void name_counts::add(const std::string& name, const std::string& event, timestamp at) {
  auto known = by_name_.find(name);
  if (known == by_name_.end()) {
    if (by_name_.size() >= limits::statistics_names) {
      by_name_.erase(entries_.back().name);
      entries_.pop_back();
    }
    entries_.push_front({name, 0, at, {}, {}, 0});
    known = by_name_.emplace(name, entries_.begin()).first;
  } else {
    entries_.splice(entries_.begin(), entries_, known->second);
  }
  auto& e = *known->second;
  ++e.count;
  e.last = at;
  e.last_event = event;
  const auto one = std::find_if(
    e.events.begin(), e.events.end(), [&](const auto& each) { return each.first == event; });
  if (one != e.events.end())
    ++one->second;
  else if (e.events.size() < limits::statistics_names_within)
    e.events.emplace_back(event, 1);
  else
    ++e.other;
}

void name_counts::forget_before(timestamp limit) {
  while (!entries_.empty() && entries_.back().last < limit) {
    by_name_.erase(entries_.back().name);
    entries_.pop_back();
  }
}

const name_counts::entry* name_counts::find(std::string_view name) const {
  const auto known = by_name_.find(std::string{name});
  return known == by_name_.end() ? nullptr : &*known->second;
}

std::vector<const name_counts::entry*> name_counts::top(std::size_t n) const {
  std::vector<const entry*> all;
  all.reserve(entries_.size());
  for (const auto& each : entries_)
    all.push_back(&each);
  n = std::min(n, all.size());
  std::partial_sort(
    all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n), all.end(),
    [](const entry* a, const entry* b) {
      return a->count != b->count ? a->count > b->count : a->name < b->name;
    });
  all.resize(n);
  return all;
}

void name_counts::clear() {
  by_name_.clear();
  entries_.clear();
}

// -- all of it ------------------------------------------------------------------------------------

void broadcast_statistics::sent(const broadcast& what, timestamp at) {
  ++total_;
  batched_ += what.is_batched ? 1 : 0;
  ++by_priority_[static_cast<std::size_t>(what.priority)];
  events_.add(what.event, what.event, at);
  for (const auto& room : what.target.rooms)
    rooms_.add(room.value, what.event, at);
  for (const auto& user : what.target.users)
    users_.add(user.value, what.event, at);
}

void broadcast_statistics::failed(const std::string& event, const error& why, timestamp at) {
  ++failures_;
  if (last_failures_.size() >= limits::statistics_failures)
    last_failures_.pop_front();
  last_failures_.push_back(
    {at, event.substr(0, limits::event_name_bytes_max), std::string{describe(why.code).wire_name},
     why.message.substr(0, message_bytes_max)});
}

void broadcast_statistics::forget_old(timestamp now) {
  const auto limit = now - limits::statistics_age;
  for (auto* each : {&events_, &rooms_, &users_})
    each->forget_before(limit);
  while (!last_failures_.empty() && last_failures_.front().at < limit)
    last_failures_.pop_front();
}

void broadcast_statistics::reset(timestamp now) {
  *this = broadcast_statistics{now};
}

std::string broadcast_statistics::to_json(
  timestamp now, const std::string& room, const std::string& user) const {
  json_object priorities;
  for (std::size_t i = 0; i < priority_count; ++i)
    priorities.number(to_string(static_cast<priority>(i)), by_priority_[i]);
  const auto entry = [](const auto* e) { return whole(*e); };
  const auto short_entry = [](const auto* e) { return brief(*e); };
  json_object out;
  out.text("since", to_iso8601(since_))
    .number("uptimeMs", std::int64_t{(now - since_).count()})
    .number("total", total_)
    .number("recipients", recipients_)
    .number("batched", batched_)
    .number("batches", batches_)
    .raw("priorities", priorities.take())
    .number("activeRooms", std::uint64_t{rooms_.size()})
    .number("activeUsers", std::uint64_t{users_.size()})
    .raw(
      "top", json_object{}
               .raw("events", json_array(events_.top(limits::statistics_top), short_entry))
               .raw("rooms", json_array(rooms_.top(limits::statistics_top), short_entry))
               .take())
    .raw("events", json_array(events_.top(names_shown), short_entry))
    .raw("rooms", json_array(rooms_.top(names_shown), entry))
    .raw("users", json_array(users_.top(names_shown), entry))
    .number("failures", failures_)
    .raw("lastFailures", json_array(last_failures_, [](const failure& f) {
           return json_object{}
             .text("at", to_iso8601(f.at))
             .text("event", f.event)
             .text("code", f.code)
             .text("message", f.message)
             .take();
         }));
  if (!room.empty())
    out.raw("room", of_one(rooms_, room));
  if (!user.empty())
    out.raw("user", of_one(users_, user));
  return out.take();
}

} // namespace domain
