#include "actors/session_index.hpp"

#include "domain/limits.hpp"

#include <caf/actor_cast.hpp>
#include <caf/weak_intrusive_ptr.hpp>

#include <algorithm>
#include <utility>

namespace actors {

struct session_index::entry {
  domain::session_id id;
  std::string pid;
  std::uint32_t shard = 0;
  domain::user_id user;
  std::string username;
  domain::timestamp since{};
  caf::weak_actor_ptr handle;
  std::optional<wakes::iterator> wake{}; // in by_wake_
  domain::steady_time detached_since = domain::steady_time::max();
};

namespace {

session_actor strong(const caf::weak_actor_ptr& handle) {
  return caf::actor_cast<session_actor>(handle.lock());
}

} // namespace

bool session_index::add(const row& r) {
  auto made = std::make_shared<entry>(entry{
    r.id, r.pid, r.shard, r.user, r.username, r.since,
    caf::actor_cast<caf::weak_actor_ptr>(r.handle), std::nullopt, domain::steady_time::max()});
  std::lock_guard guard{mutex_};
  auto& own = by_user_[r.user.value];
  if (own.size() >= domain::limits::sessions_per_user)
    return false;
  own.push_back(made);
  if (!r.pid.empty())
    by_pid_[r.pid] = made;
  by_id_[r.id.value] = std::move(made);
  return true;
}

std::shared_ptr<session_index::entry> session_index::take_out(const std::string& id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end())
    return nullptr;
  auto gone = std::move(found->second);
  by_id_.erase(found);
  by_pid_.erase(gone->pid);
  forget_wake(*gone);
  if (auto own = by_user_.find(gone->user.value); own != by_user_.end()) {
    std::erase(own->second, gone);
    if (own->second.empty())
      by_user_.erase(own);
  }
  return gone;
}

void session_index::remove(const domain::session_id& id) {
  std::shared_ptr<entry>
    gone; // its handle may be the last reference to an actor: dropped outside of the lock
  std::lock_guard guard{mutex_};
  gone = take_out(id.value);
}

session_index::vacancy session_index::make_place(const domain::user_id& user) {
  std::shared_ptr<entry> oldest; // dropped outside of the lock, see remove()
  std::lock_guard guard{mutex_};
  const auto own = by_user_.find(user.value);
  if (own == by_user_.end() || own->second.size() < domain::limits::sessions_per_user)
    return {true, {}};
  oldest =
    *std::min_element(own->second.begin(), own->second.end(), [](const auto& a, const auto& b) {
      return a->detached_since < b->detached_since;
    });
  if (oldest->detached_since == domain::steady_time::max())
    return {};
  take_out(oldest->id.value);
  return {true, strong(oldest->handle)};
}

void session_index::note_detached(const domain::session_id& id, domain::steady_time since) {
  std::lock_guard guard{mutex_};
  if (const auto found = by_id_.find(id.value); found != by_id_.end())
    found->second->detached_since = since;
}

std::optional<session_actor> session_index::find(const domain::session_id& id) const {
  std::lock_guard guard{mutex_};
  const auto found = by_id_.find(id.value);
  if (found == by_id_.end())
    return std::nullopt;
  auto handle = strong(found->second->handle);
  return handle ? std::optional{std::move(handle)} : std::nullopt;
}

std::optional<session_index::located> session_index::find_pid(const std::string& pid) const {
  std::lock_guard guard{mutex_};
  const auto found = by_pid_.find(pid);
  if (found == by_pid_.end())
    return std::nullopt;
  auto handle = strong(found->second->handle);
  if (!handle)
    return std::nullopt;
  return located{std::move(handle), found->second->shard};
}

void session_index::note_shard(const std::string& pid, std::uint32_t shard) {
  std::lock_guard guard{mutex_};
  if (const auto found = by_pid_.find(pid); found != by_pid_.end())
    found->second->shard = shard;
}

std::vector<session_actor> session_index::of_user(const domain::user_id& user) const {
  std::vector<session_actor> result;
  std::lock_guard guard{mutex_};
  if (const auto found = by_user_.find(user.value); found != by_user_.end())
    for (const auto& own : found->second)
      if (auto handle = strong(own->handle))
        result.push_back(std::move(handle));
  return result;
}

std::vector<session_index::row> session_index::list(std::size_t limit) const {
  struct found_entry {
    std::shared_ptr<entry> what;
    std::uint32_t shard = 0; // the one field that changes
  };
  std::vector<found_entry> entries;
  {
    std::lock_guard guard{mutex_};
    entries.reserve(by_id_.size());
    for (const auto& [id, found] : by_id_)
      entries.push_back({found, found->shard});
  }
  const auto shown = std::min(limit, entries.size());
  const auto end = entries.begin() + static_cast<std::ptrdiff_t>(shown);
  std::partial_sort(entries.begin(), end, entries.end(), [](const auto& a, const auto& b) {
    return a.what->since != b.what->since ? a.what->since > b.what->since : a.what->id > b.what->id;
  });
  std::vector<row> rows;
  rows.reserve(shown);
  for (auto it = entries.begin(); it != end; ++it) {
    const auto& one = *it->what;
    rows.push_back(
      {one.id, one.pid, one.user, one.username, one.since, strong(one.handle), it->shard});
  }
  return rows;
}

std::size_t session_index::size() const {
  std::lock_guard guard{mutex_};
  return by_id_.size();
}

void session_index::wake_at(const domain::session_id& id, domain::steady_time when) {
  std::lock_guard guard{mutex_};
  const auto found = by_id_.find(id.value);
  if (found == by_id_.end())
    return;
  auto& mine = *found->second;
  forget_wake(mine);
  mine.wake = by_wake_.emplace(when, &mine);
}

void session_index::forget_wake(entry& of) {
  if (const auto place = std::exchange(of.wake, std::nullopt))
    by_wake_.erase(*place);
}

std::vector<session_actor> session_index::due(domain::steady_time now) {
  std::vector<session_actor> result;
  std::lock_guard guard{mutex_};
  while (!by_wake_.empty() && by_wake_.begin()->first <= now) {
    auto& next = *by_wake_.begin()->second;
    forget_wake(next);
    if (auto handle = strong(next.handle))
      result.push_back(std::move(handle));
  }
  return result;
}

std::vector<session_actor> session_index::all() const {
  std::vector<session_actor> result;
  std::lock_guard guard{mutex_};
  result.reserve(by_id_.size());
  for (const auto& [id, found] : by_id_)
    if (auto handle = strong(found->handle))
      result.push_back(std::move(handle));
  return result;
}

} // namespace actors
