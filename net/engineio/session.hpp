#pragma once

#include "domain/error.hpp"
#include "net/engineio/handshake.hpp"
#include "net/engineio/packet.hpp"
#include "net/http/exchange.hpp"
#include "net/link.hpp"
#include "net/timers.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace net::engineio {

/// What the sessions of one shard share. Outlives them.
struct environment {
  shard& home;
  timers& clock;
  options limits;
  std::vector<std::string> origins; // allowed, see is_allowed_origin
  std::shared_ptr<parting_links> parting = std::make_shared<parting_links>();
  std::function<void(std::string_view sid)> forget; // this sid is unknown from now on
};

/// One client of the protocol engine, whatever it uses the engine for: polling, WebSocket and the
/// way from one to the other, heartbeats, closing (Engine.IO 4). Messages to the client are frames
/// of whole packets ("4…" or binary) in the user's queue. Runs on its shard's thread.
class session : public timed, private websocket::handler {
public:
  session(environment& shared, std::string sid, write_queue& queue);
  ~session() override;

  const std::string& sid() const { return sid_; }
  transport current() const { return transport_; }

  // -- requests with this session's id, already checked --
  void open(const http::exchange_ptr& first); // the handshake itself, either transport
  void on_request(const http::exchange_ptr& e);

  // -- for the user --
  /// What is queued goes out, if the transport takes it now.
  void flush_transport();
  /// wants_input() is true again.
  void resume_transport();
  /// What is queued is sent, then the transport is closed; on_closed is called before this returns.
  void close(std::uint16_t code, std::string_view reason);
  bool is_over() const { return is_over_; }
  /// What is sent now leaves at the end of the turn: a GET waits, or the WebSocket has no backlog.
  bool is_writable() const;
  /// Handles a heartbeat that is due, however late the wheel is: a request must not find a session
  /// whose time is over.
  void catch_up();
  /// The server goes away: nothing is sent or called any more.
  void abandon();

protected:
  /// Keeps the whole object alive during a call into it.
  virtual std::shared_ptr<session> self() = 0;
  virtual void on_data(std::string_view bytes, bool binary) = 0;
  /// The transport is gone, or will be without the user. Once. `reason`: one of the protocol's
  /// words. `is_final`: the peer said that it is done, in a way stock clients that mean to return
  /// do not.
  virtual void on_closed(std::string_view reason, bool is_final) = 0;
  /// Queues a frame of the engine's own, bounded as all are.
  virtual void send(const frame_ptr& packet) = 0;
  /// False: the user takes no more messages until resume_transport().
  virtual bool wants_input() const = 0;
  virtual void mark_dirty() = 0;
  /// The session is on WebSocket from now on.
  virtual void on_websocket() {}
  /// Of its WebSocket; 0 while there is none, or without compression.
  std::uint8_t window_bits() const { return link_ != nullptr ? link_->window_bits() : 0; }
  virtual void on_deadline() {}
  /// One deadline for the user.
  void set_deadline(domain::steady_time at);

private:
  struct candidate;

  // polling
  void on_get(const http::exchange_ptr& e);
  void on_post(const http::exchange_ptr& e);
  void read_body();
  void end_get(std::string_view packet);
  void answer_poll(const http::exchange_ptr& e, std::string body);
  std::string take_payload();
  // WebSocket
  void on_upgrade(const http::exchange_ptr& e);
  void finish_upgrade();
  void drop_candidate();
  std::shared_ptr<link>
  open_link(const http::exchange_ptr& e, websocket::handler* user, write_queue* queue);
  void on_open() override;
  void on_message(std::string_view bytes, bool binary) override;
  void on_gone(std::uint16_t code) override;
  void on_dirty() override { mark_dirty(); }
  bool wants_more() override { return wants_input(); }
  // both
  void on_packet(const packet& p);
  void on_time(domain::steady_time now) override;
  void arm();
  /// Closes without last words: the session id is unknown at once.
  void fail(std::string_view reason, domain::close_code code, bool is_final = false);
  void end(std::string_view reason, std::uint16_t code, bool is_final = false);

  environment& shared_;
  std::string sid_;
  write_queue& queue_;
  transport transport_ = transport::polling;
  bool is_over_ = false;
  bool is_waiting_for_pong_ = false;
  http::exchange_ptr get_;  // waits for packets
  http::exchange_ptr post_; // its packets wait for credits
  std::unique_ptr<payload_reader> body_;
  std::string last_words_; // for the next GET, after the server closed
  std::shared_ptr<link> link_;
  std::unique_ptr<candidate> candidate_;
  domain::steady_time heartbeat_at_ =
    domain::steady_time::max(); // the next ping, or the end of waiting for a pong
  domain::steady_time user_at_ = domain::steady_time::max();
  domain::steady_time forget_at_ = domain::steady_time::max();
};

/// An answer with the CORS headers that its request deserves.
http::response make_answer(
  const http::request& asked, const std::vector<std::string>& origins, int status, std::string type,
  std::string body);
void respond(
  const http::exchange_ptr& e, const std::vector<std::string>& origins, int status,
  std::string type, std::string body);

} // namespace net::engineio
