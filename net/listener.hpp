#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <string>

namespace net {

/// One shard's acceptor: all shards listen on the same port (SO_REUSEPORT) and the kernel spreads
/// connections. Runs on its shard's thread.
class listener : public std::enable_shared_from_this<listener> {
public:
  using accepted = std::function<void(boost::asio::ip::tcp::socket, std::string address)>;

  listener(boost::asio::io_context& io, accepted then);
  /// Throws boost::system::system_error when the address is taken or not ours.
  void open(const std::string& address, std::uint16_t port);
  std::uint16_t port() const;
  void start();
  void close();

private:
  void accept();
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  accepted then_;
};

} // namespace net
