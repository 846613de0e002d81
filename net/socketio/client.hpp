#pragma once

#include "net/client.hpp"
#include "net/engineio/session.hpp"
#include "net/http/routes.hpp"
#include "net/services.hpp"
#include "net/socketio/packet.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace net::socketio {

/// A Socket.IO 5 client in the namespace "/": CONNECT signs in or recovers, events are commands,
/// answers are acknowledgements. Runs on its shard's thread.
class socketio_client final : public net::client, public engineio::session {
public:
  socketio_client(
    services& context, engineio::environment& shared, std::string sid, std::string address);

  /// Closed when no CONNECT has succeeded in time.
  void wait_for_connect();

  void on_answer(const actors::reply_to& where, const actors::reply& what) override;
  void on_emit(std::string_view name, std::string_view data_json) override;
  void on_close(domain::close_code why) override;
  void flush() override { flush_transport(); }
  void on_resume() override { resume_transport(); }

private:
  // engineio::session
  std::shared_ptr<session> self() override;
  void on_data(std::string_view bytes, bool binary) override;
  void on_closed(std::string_view reason, bool is_final) override;
  void send(const frame_ptr& packet) override;
  bool wants_input() const override { return !is_paused(); }
  void mark_dirty() override { become_dirty(); }
  void on_websocket() override { set_takes_chunks(true); }
  void on_deadline() override;

  void on_packet(packet& p);
  void on_connect(const packet& p);
  void on_event(const packet& p);
  void on_signed_in(domain::result<signed_in> outcome);
  void fail_command(std::string_view name, const std::string& ack, const domain::error& why);
  void refuse(std::string_view nsp, std::string_view message, std::string_view data_json = {});
  void close_broken();

  enum class stage : std::uint8_t { fresh, connecting, connected };

  services& context_;
  decoder decoder_;
  stage stage_ = stage::fresh;
  bool is_final_ = false; // whatever comes, this client does not come back
};

} // namespace net::socketio

namespace net {
/// "/socket.io/", for one shard.
void add_socketio(http::routes& routes, services& s);
} // namespace net
