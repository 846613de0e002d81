#pragma once

#include "actors/authenticator.hpp"
#include "actors/batching_outbox.hpp"
#include "actors/broadcaster.hpp"
#include "actors/directory.hpp"
#include "actors/outbox.hpp"
#include "actors/repositories.hpp"
#include "actors/room_directory.hpp"
#include "actors/session.hpp"
#include "actors/session_index.hpp"
#include "actors/settings.hpp"
#include "domain/ports/clock.hpp"
#include "domain/ports/id_source.hpp"
#include "domain/ports/log.hpp"
#include "domain/ports/random.hpp"
#include "persistence/storage.hpp"

#include <caf/fwd.hpp>

#include <atomic>
#include <functional>
#include <memory>

namespace actors {

/// The world, handed in. Everything outlives the node.
struct world {
  const domain::clock* clock = nullptr;
  domain::id_source* ids = nullptr;
  domain::random* random = nullptr;
  domain::log* log = nullptr;
  outbox* out = nullptr;
  persistence::storage* storage = nullptr;
};

/// Wires the tree of actors bottom up and stops it top down. Handles may be used from any thread;
/// they stay the same over restarts only where the header says so: ask for them each time.
class node {
public:
  node(caf::actor_system& system, world w, settings s);
  ~node(); // stop()

  /// Starts the supervisor, and under it repositories, authenticator, room directory, inspector.
  void start();
  /// Ends all sessions (close_code::shutdown), finishes accepted writes, flushes, ends the tree.
  /// Blocks; only from main.
  void stop();
  /// The part of `stop` that does not wait.
  void begin_stop();
  /// Set by the supervisor when it gave up, or after a failed flush: the process shall exit
  /// non-zero.
  bool has_failed() const;
  /// Called (on any thread) when it gives up.
  void on_failure(std::function<void()> f);

  authenticator_actor authenticator() const;
  user_repository_actor users() const;
  room_repository_actor rooms() const;
  message_repository_actor messages() const;
  room_directory_actor directory() const;
  broadcaster_actor broadcaster() const;
  const broadcast_counters& broadcasts() const; // any thread
  session_index& sessions();
  actor_directory& actors(); // live actors, for the inspector and the admin API

  /// A session for a checked principal. `home`: the shard (CAF worker) that owns the connection;
  /// the session runs there. Errors: overloaded (sessions_per_user; close with connection_limit).
  domain::result<session_actor> open_session(
    const domain::principal& who, const domain::session_id& id, const std::string& pid,
    const connection_ref& connection, caf::execution_unit* home);

  /// What the storage answers: used by /readyz. Refreshed by a probe write at most once a second;
  /// never blocks.
  bool is_storage_ready() const;
  const settings& config() const;
  const world& outside() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace actors
