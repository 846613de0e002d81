#pragma once

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace actors {

/// Counters of one live actor. Written by the actor's present thread only (except `enqueued`), read by anyone.
struct actor_counters {
  std::atomic<std::uint64_t> enqueued{0};
  std::atomic<std::uint64_t> handled{0};
  std::atomic<std::uint64_t> busy_ns{0};
  std::atomic<std::int64_t> running_since_ns{0}; // 0: not running now
  std::atomic<const char*> last_message{nullptr}; // mangled or portable name, static storage
};

/// What one live actor looks like to an operator.
struct actor_row {
  std::uint64_t id = 0;
  std::string type; // "session", "room", …
  std::string name; // "room:general"
  std::uint64_t mailbox = 0;
  std::uint64_t handled = 0;
  std::uint64_t busy_us = 0;
  std::uint64_t stuck_us = 0; // how long the present turn has lasted
  std::uint64_t age_ms = 0;
  std::uint64_t restarts = 0;
  std::string last_message;
  std::string last_error;
};

enum class actor_order { mailbox, messages, busy, age };

/// Every live actor of this node. Listing reads counters without disturbing the actors, so a stuck one is visible.
/// Any thread; 64 locked parts.
class actor_directory {
public:
  struct obituary { std::uint64_t id; std::string type; std::string name; std::string reason; };
  struct listing { std::vector<actor_row> rows; std::map<std::string, std::size_t> totals; std::size_t total = 0; };

  void add(caf::local_actor* who, std::string type, std::string name, const actor_counters* stats);
  void remove(caf::local_actor* who, const std::string& reason); // idempotent; called by the actor itself while it ends
  void note_error(std::uint64_t id, std::string text);
  void note_restart(std::string_view type, std::string_view name);

  /// The first `limit` in that order (largest first), of one type or of all.
  listing list(std::string_view type, actor_order by, std::size_t limit) const;
  bool find(std::uint64_t id, actor_row& out) const;
  caf::actor handle(std::uint64_t id) const; // invalid when it is gone
  std::size_t size() const;
  std::vector<obituary> recently_dead() const;

private:
  struct live_actor;
  struct part {
    mutable std::mutex mutex;
    std::unordered_map<std::uint64_t, live_actor> live;
  };
  std::array<part, 64> parts_;
  mutable std::mutex dead_mutex_;
  std::deque<obituary> dead_;
  std::map<std::string, std::uint64_t> restarts_;
};

/// Any inspected actor answers this with its state as a JSON text (std::string), at high priority, without a
/// handler of its own. Ask with a timeout: "busy" is an answer.
struct snapshot_query {};

} // namespace actors
