#pragma once

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/weak_intrusive_ptr.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace actors {

/// Counters of one live actor. Written by the actor's present thread only (except `enqueued`), read
/// by anyone.
struct actor_counters {
  std::atomic<std::uint64_t> enqueued{0};
  std::atomic<std::uint64_t> handled{0};
  std::atomic<std::uint64_t> busy_ns{0};
  std::atomic<std::int64_t> running_since_ns{0};  // 0: not running now
  std::atomic<const char*> last_message{nullptr}; // mangled or portable name, static storage
  std::int64_t started_ns = 0;                    // set before anyone else can see it
};

/// What the directory knows of an actor. All of it is fixed at its start or atomic, so any thread
/// may look.
class inspectable {
public:
  /// "session", "room", …; static storage.
  virtual const char* type() const = 0;
  /// "room:general"; from state that never changes. Made when asked for: 10 000 sessions need no
  /// second copy.
  virtual std::string label() const = 0;
  virtual const actor_counters& counters() const = 0;

protected:
  ~inspectable() = default;
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

/// Every live actor of this node. Listing reads counters without disturbing the actors, so a stuck
/// one is visible. Any thread; 64 locked parts.
class actor_directory {
public:
  struct obituary {
    std::uint64_t id;
    std::string type;
    std::string name;
    std::string reason;
  };
  struct listing {
    std::vector<actor_row> rows;
    std::map<std::string, std::size_t> totals;
    std::size_t total = 0;
  };

  void add(std::uint64_t id, caf::weak_actor_ptr handle, const inspectable* who);
  void remove(
    std::uint64_t id,
    const std::string& reason); // idempotent; called by the actor itself while it ends
  void note_error(std::uint64_t id, std::string text);
  void note_restart(std::string_view name);

  /// The first `limit` in that order (largest first), of one type or of all.
  listing list(std::string_view type, actor_order by, std::size_t limit) const;
  bool find(std::uint64_t id, actor_row& out) const;
  caf::actor handle(std::uint64_t id) const; // invalid when it is gone
  std::size_t size() const;
  std::vector<obituary> recently_dead() const;

private:
  struct live_actor {
    caf::weak_actor_ptr handle;       // never strong: the directory must not keep actors alive
    const inspectable* who = nullptr; // valid under the part's lock: `remove` takes it too
  };
  struct section {
    mutable std::mutex mutex;
    std::unordered_map<std::uint64_t, live_actor> live;
    std::map<std::uint64_t, std::string> errors; // of few: not a field of every actor
  };
  section& part_of(std::uint64_t id) { return parts_[id % parts_.size()]; }
  const section& part_of(std::uint64_t id) const { return parts_[id % parts_.size()]; }
  actor_row describe(std::uint64_t id, const section& from, const live_actor& live) const;
  std::array<section, 64> parts_;
  mutable std::mutex dead_mutex_;
  std::deque<obituary> dead_;
  std::map<std::string, std::uint64_t, std::less<>> restarts_; // by label
};

/// Any inspected actor answers this with its state as a JSON text (std::string), at high priority,
/// without a handler of its own. Ask with a timeout: "busy" is an answer.
struct snapshot_query {};

} // namespace actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::snapshot_query)
