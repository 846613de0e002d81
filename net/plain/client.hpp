#pragma once

#include "net/client.hpp"
#include "net/http/routes.hpp"
#include "net/link.hpp"
#include "net/plain/codec.hpp"
#include "net/services.hpp"
#include "net/timers.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace net::plain {

/// A WebSocket client of `/ws`. Signs in by the Authorization header or its first frame. Runs on
/// its shard's thread.
class plain_client final : public net::client, public timed, private websocket::handler {
public:
  /// `format`: encoding::plain or plain_msgpack.
  plain_client(
    services& context, timers& clock, std::shared_ptr<parting_links> parting, encoding format,
    std::string address);

  /// Answers the handshake. `token`: from the header, or empty.
  void open(const http::exchange_ptr& e, std::string protocol, std::string token);

  void on_answer(const actors::reply_to& where, const actors::reply& what) override;
  void on_emit(std::string_view name, std::string_view data_json) override;
  void on_close(domain::close_code why) override;
  void flush() override;
  void on_resume() override;

private:
  enum class stage : std::uint8_t { fresh, authenticating, signed_in, over };

  // websocket::handler
  void on_open() override {}
  void on_message(std::string_view bytes, bool binary) override;
  void on_gone(std::uint16_t code) override;
  void on_dirty() override { become_dirty(); }
  bool wants_more() override { return stage_ != stage::authenticating && !is_paused(); }
  void on_pong() override;
  // timed
  void on_time(domain::steady_time now) override;

  void authenticate(std::string token, std::string id);
  void on_signed_in(const std::string& id, domain::result<net::client::signed_in> outcome);
  void on_request(const request& asked);
  void answer_request(const std::string& id, std::string_view name, const domain::error& why);
  void send(const frame_ptr& what) { enqueue(what, domain::delivery_class::ephemeral); }
  frame_ptr ack(std::string_view id_json, std::string_view data_json) const;
  void end(domain::close_code why);

  services& context_;
  timers& clock_;
  std::shared_ptr<parting_links> parting_;
  std::shared_ptr<link> link_;
  stage stage_ = stage::fresh;
  bool is_waiting_for_pong_ = false;
  std::string early_; // a frame that came while the header's token was checked
};

} // namespace net::plain

namespace net {
/// "/ws", for one shard.
void add_plain(http::routes& routes, services& s);
} // namespace net
