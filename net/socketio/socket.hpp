#pragma once

#include "domain/result.hpp"
#include "net/socketio/encoder.hpp"
#include "net/socketio/namespaces.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace net::socketio {

class connection;

/// What happens to an event while the transport can't take it (a polling client without a waiting
/// GET, a WebSocket with unsent data): it waits, or it is dropped ("volatile").
enum class when_busy : std::uint8_t { wait, drop };

/// As socket.io's flags of the same names. `compress`: with permessage-deflate, for a client that
/// agreed to it, on WebSocket, and where it makes the packet smaller; costs the connection's thread
/// the time.
struct emit_flags {
  when_busy busy = when_busy::wait;
  bool compress = false;
};

/// One client in one namespace, as its application sees it. Owned by the connection: keep a weak
/// pointer, and none after refuse(), leave() or resident::on_left. Runs on the connection's thread.
class socket final : public std::enable_shared_from_this<socket> {
public:
  socket(connection& whole, std::string nsp) : whole_(whole), nsp_(std::move(nsp)) {}

  connection& whole() { return whole_; }
  const std::string& nsp() const { return nsp_; }
  bool is_joined() const { return stage_ == stage::joined; }

  /// Answers the CONNECT. `sid`: new for each namespace and client; `pid`: for a client that may
  /// recover. What was sent before it (recovered events) reaches the application in front of its
  /// `connect`.
  void accept(std::string_view sid, std::string_view pid = {});
  /// The connection stays, for other namespaces and another try.
  void refuse(std::string_view message, std::string_view data_json = {});

  /// `args` without the name. False: not joined, a reserved name, or dropped.
  bool emit(std::string_view name, const content& args, const emit_flags& flags = {});
  /// The client's acknowledgement, or an error: unavailable (not in time, or the client is gone),
  /// overloaded (too many are awaited), bad_request (a reserved name).
  using answered = std::function<void(domain::result<packet> answer)>;
  void
  ask(std::string_view name, const content& args, std::chrono::milliseconds timeout, answered done);
  /// `id`: of the client's event. Whoever answers twice is ignored by the client.
  void acknowledge(std::uint64_t id, const content& args);
  /// Before accept(): an event with its name, for recovery.
  void replay(const content& event);
  /// DISCONNECT for this namespace; stock clients do not come back to it by themselves.
  void leave();

private:
  friend class connection;
  enum class stage : std::uint8_t { joining, joined, left };

  connection& whole_;
  std::string nsp_;
  stage stage_ = stage::joining;
  std::uint64_t next_question_ = 0;
  std::shared_ptr<resident> user_;
};

/// `["name",…]` of an event's name and its arguments.
std::string event_json(std::string_view name, std::string_view args_json);
/// The arguments behind the name of an event, as they came: `[…]`.
std::string arguments_of(const packet& event);
/// The name of an event; a number as text.
std::string name_of(const packet& event);

} // namespace net::socketio
