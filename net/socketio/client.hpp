#pragma once

#include "net/client.hpp"
#include "net/http/routes.hpp"
#include "net/http/site.hpp"
#include "net/services.hpp"
#include "net/socketio/connection.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace net::socketio {

/// A Socket.IO 5 client of the chat, which is the namespace "/": CONNECT signs in or recovers,
/// events are commands, answers are acknowledgements. Runs on its shard's thread.
class socketio_client final : public net::client, public connection, public resident {
public:
  socketio_client(
    services& context, engineio::environment& shared, std::string sid, std::string address,
    const namespaces& known);

  /// "/" was asked for.
  std::shared_ptr<resident> enter(socket& s);

  void on_answer(const actors::reply_to& where, const actors::reply& what) override;
  void on_emit(std::string_view name, std::string_view data_json) override;
  void on_close(domain::close_code why) override;
  void flush() override { flush_transport(); }
  void on_resume() override { resume_transport(); }

private:
  // engineio::session
  std::shared_ptr<session> self() override;
  void send(const frame_ptr& packet) override;
  bool wants_input() const override { return !is_paused(); }
  void mark_dirty() override { become_dirty(); }
  void on_websocket() override {
    set_takes_chunks(true);
    set_window_bits(window_bits());
  }
  // connection
  void on_end(std::string_view reason, bool is_final) override;
  void on_msgpack() override;
  // resident
  void on_connect(const packet& p) override;
  void on_event(packet& p) override;
  void on_left(std::string_view reason) override;

  void on_signed_in(domain::result<signed_in> outcome);
  void refuse(std::string_view message, std::string_view data_json = {});
  void acknowledge(const std::string& ack, std::string_view data_json);
  void fail_command(std::string_view name, const std::string& ack, const domain::error& why);

  socket* chat_ = nullptr; // "/", from the CONNECT until it is left
  bool is_final_ = false;  // whatever comes, this client does not come back
};

} // namespace net::socketio

namespace net {
/// "/socket.io/" with its namespaces, for one shard.
void add_socketio(http::routes& routes, services& s, std::shared_ptr<http::site> common);
} // namespace net
