#pragma once

#include "actors/session.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace actors {

/// All sessions of this node, by id, by private id (`pid`, for recovery) and by user. Any thread;
/// held locks are short. Sessions add themselves when they start and remove themselves when they
/// end.
class session_index {
public:
  struct row {
    domain::session_id id;
    std::string pid;
    domain::user_id user;
    std::string username;
    domain::timestamp since{};
    session_actor
      handle; // only in copies given out by find(); the index itself holds weak references
    std::uint32_t shard = 0; // of the last connection that had the pid
  };

  /// False (and nothing added) when the user has `sessions_per_user` already.
  bool add(const row& r);
  /// Whether the user may have one more session. When there are `sessions_per_user`, the one that
  /// has been without a connection for the longest is taken out, for the caller to close: clients
  /// that reconnect often must not lock their user out.
  struct vacancy {
    bool is_free = false;
    session_actor evicted; // or none
  };
  vacancy make_place(const domain::user_id& user);
  /// Since when the session has no connection; `max()`: it has one.
  void note_detached(const domain::session_id& id, domain::steady_time since);
  void remove(const domain::session_id& id);
  std::optional<session_actor> find(const domain::session_id& id) const;
  struct located {
    session_actor handle;
    std::uint32_t shard = 0;
  };
  std::optional<located> find_pid(const std::string& pid) const;
  void note_shard(const std::string& pid, std::uint32_t shard); // it was taken over there
  std::vector<session_actor> of_user(const domain::user_id& user) const;
  std::vector<row> list(std::size_t limit) const; // newest first
  std::size_t size() const;

  /// What the index keeps of one session. Lives as long as the session or the index needs it.
  struct entry;
  /// Asks for a `session_tick` at `when` or soon after (the sweeper's period), instead of a timer
  /// per session: CAF's can't be taken back, and would keep ended sessions in memory. A later call
  /// replaces it.
  void wake_at(const domain::session_id& id, domain::steady_time when);
  /// Those whose time has come; each is given once.
  std::vector<session_actor> due(domain::steady_time now);
  /// Every live session, for announcements that are rare.
  std::vector<session_actor> all() const;

private:
  // The caller holds the lock.
  std::shared_ptr<entry> take_out(const std::string& id); // from all maps
  void forget_wake(entry& of);

  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<entry>> by_id_;
  std::unordered_map<std::string, std::shared_ptr<entry>> by_pid_;
  std::unordered_map<std::string, std::vector<std::shared_ptr<entry>>> by_user_;
  // Idle sessions cost a sweep nothing: only those that are due are looked at.
  using wakes = std::multimap<domain::steady_time, entry*>;
  wakes by_wake_;
};

} // namespace actors
