#include "actors/directory.hpp"

#include "actors/error.hpp"
#include "actors/inspected.hpp"
#include "domain/limits.hpp"

#include <caf/actor_cast.hpp>

#include <algorithm>
#include <cstdlib>
#include <cxxabi.h>
#include <memory>

namespace actors {

namespace {

std::string demangled(const char* name) {
  int status = 0;
  std::unique_ptr<char, decltype(&std::free)> text{
    abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free};
  return status == 0 && text ? std::string{text.get()} : std::string{name};
}

std::uint64_t rank(const actor_counters& stats, actor_order by) {
  const auto get = [](const auto& value) { return value.load(std::memory_order_relaxed); };
  switch (by) {
  case actor_order::mailbox: {
    const auto handled = get(stats.handled), enqueued = get(stats.enqueued);
    return enqueued > handled ? enqueued - handled : 0;
  }
  case actor_order::messages:
    return get(stats.handled);
  case actor_order::busy:
    return get(stats.busy_ns);
  case actor_order::age:
    return ~static_cast<std::uint64_t>(stats.started_ns); // the oldest first
  }
  return 0;
}

std::uint64_t since(std::int64_t then, std::int64_t now, std::int64_t unit) {
  return now > then ? static_cast<std::uint64_t>((now - then) / unit) : 0;
}

} // namespace

std::int64_t inspection_now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
           std::chrono::steady_clock::now().time_since_epoch())
    .count();
}

std::string render_reason(const caf::actor_system& system, const caf::error& reason) {
  if (!reason)
    return "normal";
  if (reason.category() != caf::atom("troupe"))
    return system.render(reason);
  const auto why = from_caf(reason);
  return std::string{domain::describe(why.code).wire_name} + ": " + why.message;
}

void actor_directory::add(std::uint64_t id, caf::weak_actor_ptr handle, const inspectable* who) {
  auto& part = part_of(id);
  std::lock_guard guard{part.mutex};
  part.live.insert_or_assign(id, live_actor{std::move(handle), who});
}

void actor_directory::remove(std::uint64_t id, const std::string& reason) {
  obituary dead{id, {}, {}, reason};
  live_actor gone; // its handle is dropped outside of the lock
  {
    auto& part = part_of(id);
    std::lock_guard guard{part.mutex};
    auto found = part.live.find(id);
    if (found == part.live.end())
      return;
    gone = std::move(found->second);
    part.live.erase(found);
    if (!part.errors.empty())
      part.errors.erase(id);
  }
  dead.type = gone.who->type();
  dead.name = gone.who->label();
  std::lock_guard guard{dead_mutex_};
  dead_.push_back(std::move(dead));
  if (dead_.size() > domain::limits::recent_deaths)
    dead_.pop_front();
}

void actor_directory::note_error(std::uint64_t id, std::string text) {
  auto& part = part_of(id);
  std::lock_guard guard{part.mutex};
  if (part.live.contains(id))
    part.errors.insert_or_assign(id, std::move(text));
}

void actor_directory::note_restart(std::string_view name) {
  std::lock_guard guard{dead_mutex_};
  if (auto found = restarts_.find(name); found != restarts_.end())
    ++found->second;
  else if (restarts_.size() < domain::limits::recent_deaths) // of rooms there may be many
    restarts_.emplace(name, 1);
}

actor_row
actor_directory::describe(std::uint64_t id, const section& from, const live_actor& live) const {
  const auto get = [](const auto& value) { return value.load(std::memory_order_relaxed); };
  const auto& stats = live.who->counters();
  const auto now = inspection_now_ns();
  actor_row row;
  row.id = id;
  row.type = live.who->type();
  row.handled = get(stats.handled);
  const auto enqueued = get(stats.enqueued);
  row.mailbox = enqueued > row.handled ? enqueued - row.handled : 0;
  row.busy_us = get(stats.busy_ns) / 1000;
  if (const auto running = get(stats.running_since_ns); running != 0)
    row.stuck_us = since(running, now, 1000);
  row.age_ms = since(stats.started_ns, now, 1'000'000);
  if (const auto found = from.errors.find(id); found != from.errors.end())
    row.last_error = found->second;
  return row;
}

actor_directory::listing
actor_directory::list(std::string_view type, actor_order by, std::size_t limit) const {
  // A number for each, rows and texts only for those that are shown: a poll every second must not
  // be felt beside ten thousand sessions.
  struct candidate {
    std::uint64_t rank;
    std::uint64_t id;
    bool operator<(const candidate& other) const { // is shown before it
      return rank != other.rank ? rank > other.rank : id < other.id;
    }
  };
  std::vector<candidate> best; // a heap, the one to go next at its front
  std::vector<std::pair<std::string_view, std::size_t>> totals; // a dozen types
  listing result;
  for (const auto& part : parts_) {
    std::lock_guard guard{part.mutex};
    for (const auto& [id, live] : part.live) {
      const std::string_view kind = live.who->type();
      ++result.total;
      auto sum = std::find_if(
        totals.begin(), totals.end(), [kind](const auto& each) { return each.first == kind; });
      if (sum == totals.end())
        sum = totals.insert(sum, {kind, 0});
      ++sum->second;
      if (limit == 0 || (!type.empty() && kind != type))
        continue;
      const candidate next{rank(live.who->counters(), by), id};
      if (best.size() == limit) {
        if (!(next < best.front()))
          continue;
        std::pop_heap(best.begin(), best.end());
        best.pop_back();
      }
      best.push_back(next);
      std::push_heap(best.begin(), best.end());
    }
  }
  for (const auto& [kind, count] : totals)
    result.totals.emplace(kind, count);
  std::sort_heap(best.begin(), best.end());
  for (const auto& each : best)
    if (actor_row row; find(each.id, row)) // not if it ended meanwhile
      result.rows.push_back(std::move(row));
  return result;
}

bool actor_directory::find(std::uint64_t id, actor_row& out) const {
  {
    const auto& part = part_of(id);
    std::lock_guard guard{part.mutex};
    const auto found = part.live.find(id);
    if (found == part.live.end())
      return false;
    out = describe(id, part, found->second);
    out.name = found->second.who->label();
    if (
      const char* last = found->second.who->counters().last_message.load(std::memory_order_relaxed))
      out.last_message = demangled(last);
  }
  std::lock_guard guard{dead_mutex_};
  if (const auto found = restarts_.find(out.name); found != restarts_.end())
    out.restarts = found->second;
  return true;
}

caf::actor actor_directory::handle(std::uint64_t id) const {
  const auto& part = part_of(id);
  std::lock_guard guard{part.mutex};
  const auto found = part.live.find(id);
  return found == part.live.end() ? caf::actor{}
                                  : caf::actor_cast<caf::actor>(found->second.handle.lock());
}

std::size_t actor_directory::size() const {
  std::size_t result = 0;
  for (const auto& part : parts_) {
    std::lock_guard guard{part.mutex};
    result += part.live.size();
  }
  return result;
}

std::vector<actor_directory::obituary> actor_directory::recently_dead() const {
  std::lock_guard guard{dead_mutex_};
  return {dead_.begin(), dead_.end()};
}

} // namespace actors
