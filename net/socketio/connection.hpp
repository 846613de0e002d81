// Socket.IO 5 over one Engine.IO session. Knows no application: whoever is behind a namespace is
// found in `namespaces`.
#pragma once

#include "net/engineio/session.hpp"
#include "net/socketio/packet.hpp"
#include "net/socketio/socket.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace net::socketio {

/// How packets are written: JSON text with attachments behind it, or MessagePack. The client's
/// first message tells.
enum class codec : std::uint8_t { json, msgpack };

/// One client: the namespaces it has joined, events and acknowledgements both ways, attachments,
/// what is awaited of it. Whatever breaks the protocol closes the whole of it ("forced close").
/// Runs on its shard's thread. Bounds: limits::socketio_namespaces, limits::socketio_questions.
class connection : public engineio::session {
public:
  connection(
    engineio::environment& shared, std::string sid, write_queue& queue, const namespaces& known,
    std::chrono::milliseconds connect_timeout);
  ~connection() override;

  /// Closed when no namespace is joined in time. Called once by whoever made it. `place` is held
  /// until one is joined.
  void wait_for_connect(std::shared_ptr<void> place = nullptr);
  /// DISCONNECT for every namespace, then the transport is closed: stock clients stay away. To have
  /// them come back, close() alone.
  void disconnect(std::uint16_t code, std::string_view reason);
  /// The client's socket in this namespace, joined or on its way; nullptr: none.
  socket* find(std::string_view nsp);
  socketio::codec codec() const { return codec_; }
  /// A packet as this client reads it.
  frame_ptr write(
    packet_type type, std::string_view nsp, std::optional<std::uint64_t> id,
    const content& what) const;

protected:
  /// All namespaces were left: the connection is gone. See session::on_closed.
  virtual void on_end(std::string_view reason, bool is_final) = 0;
  /// It is MessagePack.
  virtual void on_msgpack() {}

  void on_data(std::string_view bytes, bool binary) override;
  void on_closed(std::string_view reason, bool is_final) final;
  void on_deadline() override;

private:
  friend class socket;
  struct question {
    socket* who;
    std::uint64_t id;
    domain::steady_time due;
    socket::answered done;
  };

  void on_packet(packet& p);
  void on_connect(const packet& p);
  void on_answer(socket& who, packet& p);
  void close_broken();
  // -- for sockets --
  void joined();
  void forget(socket& who);
  void leave(socket& who, std::string_view reason);
  bool await(question q);
  void give_up_on(socket& who);
  void arm_deadline();

  const namespaces& known_;
  std::chrono::milliseconds connect_timeout_;
  domain::steady_time connect_by_ = domain::steady_time::max();
  std::shared_ptr<void> place_; // among those who have joined nothing yet
  decoder decoder_;
  bool is_fresh_ = true; // no message has come yet
  socketio::codec codec_ = socketio::codec::json;
  std::vector<std::shared_ptr<socket>> sockets_;
  std::unique_ptr<std::vector<question>> questions_; // in the order in which they were asked
};

} // namespace net::socketio
