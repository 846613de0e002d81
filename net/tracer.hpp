#pragma once

#include "domain/command.hpp"
#include "domain/event.hpp"
#include "domain/result.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace net {

/// What an operator watches live.
struct trace_target {
  enum class kind : std::uint8_t { room, user, session, actor };
  kind what = kind::room;
  std::string id; // of an actor: see actor_watch, nothing that passes concerns it
};
std::string_view to_string(trace_target::kind what);

/// Who a connection belongs to, as far as a trace cares.
struct trace_party {
  std::string_view session;
  std::string_view user;
};

/// The traces of a node. While none runs, everything that passes costs one relaxed load and one
/// branch: per command and answer in net/client.cpp, per event in net/delivery.cpp, per run of
/// deliveries in net/fan_out.cpp. Any thread; locks are short. Lines are JSON objects; without
/// `with_content` they name what passed and never show it.
class tracer {
public:
  /// Takes a line. Any thread, with the tracer locked: hands it on and returns.
  using sink = std::function<void(std::string line)>;

  bool is_on() const { return count_.load(std::memory_order_relaxed) != 0; }

  /// Errors: conflict (this operator has one already), overloaded (limits::traces).
  domain::result<std::uint64_t>
  start(trace_target target, std::string operator_id, bool with_content, sink lines);
  void stop(std::uint64_t id);

  // -- what passes; to be called while is_on() --
  void command(const trace_party& from, const domain::command& what, std::string_view ack);
  void answer(
    const trace_party& to, std::string_view command, std::string_view ack, bool ok,
    std::string_view json);
  /// Decided: on its way to all subscribers of its topic.
  void event(const domain::event& what);
  /// Somebody traces where it goes: its receivers are worth counting.
  bool follows(const domain::event& what);
  /// On one shard, to so many connections, through whichever of its targets.
  void handed_out(const domain::event& what, std::uint32_t shard, std::size_t connections);
  /// True: somebody traces a user or a session, so queued() is of interest.
  bool follows_people() const { return people_.load(std::memory_order_relaxed) != 0; }
  void queued(const trace_party& to, const domain::event& what);
  void emitted(const trace_party& to, std::string_view name, std::string_view json);
  void dropped(const trace_party& to, std::string_view topic, std::string_view rule);
  /// Before it was handed to anybody: a newer one of its key stands in its place.
  void conflated(const domain::event& what);
  void connected(const trace_party& who);
  void disconnected(const trace_party& who, std::string_view why, bool may_come_back);

private:
  struct entry {
    std::uint64_t id = 0;
    trace_target target;
    domain::topic topic; // of a room or a user; a session has none
    std::string operator_id;
    bool with_content = false;
    sink lines;
    std::deque<std::pair<std::string, std::string>> asked; // session and ack: answers to come
  };
  static bool concerns(const entry& e, const trace_party& who);
  /// Its topic is that of the event, or among those of the audience.
  static bool concerns(const entry& e, const domain::event& what);

  std::atomic<std::uint32_t> count_{0};
  std::atomic<std::uint32_t> people_{0};
  std::mutex mutex_;
  std::vector<std::unique_ptr<entry>> entries_;
  std::uint64_t last_id_ = 0;
};

} // namespace net
