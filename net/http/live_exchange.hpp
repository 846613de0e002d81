#pragma once

#include "net/http/connection.hpp"

namespace net::http {

/// The exchange of a real connection.
class live_exchange final : public exchange, public std::enable_shared_from_this<live_exchange> {
public:
  live_exchange(
    std::shared_ptr<connection> link, request what,
    std::unique_ptr<connection::beast_request> handshake);
  ~live_exchange() override;

  shard& home() override;
  void respond(response r) override;
  void fail(const domain::error& why) override;
  void on_abort(std::function<void()> f) override;
  void hand_over(std::uint32_t shard_index) override;
  std::unique_ptr<upgraded> take_socket() override;
  std::unique_ptr<streamed> take_stream(response head) override;

private:
  void send(response r);

  std::shared_ptr<connection> link_;
  std::unique_ptr<connection::beast_request> handshake_;
};

} // namespace net::http
