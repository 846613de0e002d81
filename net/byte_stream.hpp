#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

struct iovec;
struct ssl_st; // OpenSSL's SSL

namespace net {

struct tls_ending {
  void operator()(ssl_st* session) const;
};
using tls_session = std::unique_ptr<ssl_st, tls_ending>;

/// A connected socket, plain or under TLS, that never blocks: what HTTP and WebSocket connections
/// read from and write to. The TLS handshake happens within the first reads. Runs on its shard's
/// thread.
class byte_stream {
public:
  using socket_type = boost::asio::ip::tcp::socket;
  using error = boost::system::error_code;

  /// `session`: nullptr for a plain connection. Makes the socket non-blocking, without delay.
  byte_stream(socket_type socket, tls_session session);

  socket_type& socket() { return socket_; }
  bool is_tls() const { return session_ != nullptr; }
  bool is_open() const { return socket_.is_open(); }
  /// For a move to another shard: the descriptor stays the same.
  tls_session take_session() { return std::move(session_); }

  /// How many bytes were read. None: `why` is would_block, eof or worse.
  std::size_t read_some(std::span<char> into, error& why);
  /// How many bytes were taken. None: `why` is would_block or worse. Under TLS, what could not be
  /// taken has to be offered again first, unchanged.
  std::size_t write_some(const iovec* parts, std::size_t count, error& why);
  /// True when the peer has ended or broken the connection; nothing is read.
  bool is_gone(bool& would_block);

  /// `then(why)`: reading makes sense again (or waiting was in vain).
  template <class Then>
  void wait_readable(Then&& then) {
    if (has_unread()) {
      boost::asio::post(
        socket_.get_executor(), [then = std::forward<Then>(then)]() mutable { then(error{}); });
      return;
    }
    const auto what = read_wants_write_ ? socket_type::wait_write : socket_type::wait_read;
    socket_.async_wait(what, std::forward<Then>(then));
  }
  template <class Then>
  void wait_writable(Then&& then) {
    socket_.async_wait(socket_type::wait_write, std::forward<Then>(then));
  }

  /// `then(why, size)` with at least one byte, or an error. `into` must stay.
  template <class Then>
  void async_read_some(std::span<char> into, Then then) {
    if (!is_tls()) {
      socket_.async_read_some(boost::asio::buffer(into.data(), into.size()), std::move(then));
      return;
    }
    wait_readable([this, into, then = std::move(then)](error why) mutable {
      if (why)
        return then(why, std::size_t{0});
      const auto size = read_some(into, why);
      if (why == boost::asio::error::would_block)
        async_read_some(into, std::move(then));
      else
        then(why, size);
    });
  }

  /// What was written and the peer has not acknowledged yet: it shrinks while somebody reads, long
  /// before the socket takes more again.
  std::size_t unacknowledged();
  /// Nothing more is written; the peer reads an end.
  void end_writing(error& why);
  void close();

private:
  bool has_unread() const; // TLS read more from the socket than was asked for
  error tls_error(int result);

  socket_type socket_;
  tls_session session_;
  bool read_wants_write_ = false;
};

} // namespace net
