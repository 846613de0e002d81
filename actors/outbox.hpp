// Everything that decides while running. Actors reach connections only through `outbox`, which net/
// implements.
#pragma once

#include "domain/audience.hpp"
#include "domain/error.hpp"
#include "domain/event.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace actors {

/// Names one connection of this node. A stale one (the slot was used again) names nobody: ignored.
struct connection_ref {
  std::uint32_t shard = 0;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0; // 0: none
  bool is_none() const { return generation == 0; }
  friend bool operator==(const connection_ref&, const connection_ref&) = default;
};

/// Where an answer goes: which connection, and what its protocol needs to pair it with the
/// question.
struct reply_to {
  connection_ref connection;
  std::string ack; // JSON text of the client's own id for it; empty: it asked for no answer
  const char* command = ""; // static wire name, for `error {event,…}` and `room-joined`
};

/// `{"ok":true,…}` or `{"ok":false,"error":{…}}` (contract section 3), rendered once.
struct reply {
  bool ok = true;
  std::string json;
  std::vector<domain::event_ptr> missed{}; // of watch_room: to be shown before all that follows
};
reply make_reply();                        // {"ok":true}
reply make_reply(std::string json_object); // an object that begins with "ok":true
reply make_reply(
  const domain::error& why); // {"ok":false,"error":{code,message,retryable,retryAfter?,details?}}
/// The `error` object alone, as in `reply` and the `error` event.
std::string error_json(const domain::error& why);

/// Counts to how many sessions an event was handed. When the last holder lets go the count is
/// complete, and `done` is called, on whatever thread that is.
class receipt {
public:
  explicit receipt(std::function<void(std::size_t)> done) : done_(std::move(done)) {}
  ~receipt() { done_(sessions_.load()); }
  receipt(const receipt&) = delete;
  void add(std::size_t sessions) { sessions_.fetch_add(sessions); }

private:
  std::atomic<std::size_t> sessions_{0};
  std::function<void(std::size_t)> done_;
};
using receipt_ptr = std::shared_ptr<receipt>;

/// The only way from actors to connections. Any thread; never blocks. Calls of one thread keep
/// their order per shard, except that answers and direct emits may overtake subscriptions and
/// deliveries (never the other way round): so an acknowledgement is on its way before the event it
/// caused.
class outbox {
public:
  virtual ~outbox() = default;
  /// To all subscribers of `what->topic` on this node, or to its audience; encoded once per
  /// protocol. `counted`, if there is one, is let go when that is done.
  virtual void deliver(domain::event_ptr what, receipt_ptr counted) = 0;
  void deliver(domain::event_ptr what) { deliver(std::move(what), nullptr); }
  /// Answers one command and gives its credit back: exactly once per command, also when it failed
  /// and when no acknowledgement was asked for.
  virtual void answer(const reply_to& where, reply what) = 0;
  /// An event for one connection only.
  virtual void emit(const connection_ref& where, std::string_view name, std::string data_json) = 0;
  virtual void subscribe(const connection_ref& who, const domain::topic& topic) = 0;
  virtual void unsubscribe(const connection_ref& who, const domain::topic& topic) = 0;
  /// What conditions of broadcasts are asked about; in order with deliveries.
  virtual void describe(const connection_ref& who, domain::session_facts facts) = 0;
  virtual void close(const connection_ref& who, domain::close_code why) = 0;
  /// Where this topic goes so much waits to be handed out that what would bring more is to be
  /// refused as overloaded, before it is accepted. Deliveries are taken all the same.
  virtual bool is_full(const domain::topic& of) const = 0;
};

} // namespace actors
