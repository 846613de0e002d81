#pragma once

#include "net/frame.hpp"
#include "net/write_queue.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <functional>
#include <string>
#include <utility>

namespace net {

/// The layer beneath Beast's WebSocket stream: reads come from the socket, writes (handshake, pong,
/// close) go into the connection's queue, so that Beast's frames and shared frames never
/// interleave. Bytes that came with the HTTP request are read first. Runs on its shard's thread.
class queued_stream {
public:
  using executor_type = boost::asio::ip::tcp::socket::executor_type;

  queued_stream(
    boost::asio::ip::tcp::socket socket, std::string leftover, write_queue& queue,
    std::function<void()> dirty)
      : socket_(std::move(socket)), leftover_(std::move(leftover)), queue_(&queue),
        dirty_(std::move(dirty)) {}

  executor_type get_executor() { return socket_.get_executor(); }
  boost::asio::ip::tcp::socket& socket() { return socket_; }
  void use_queue(write_queue& queue) { queue_ = &queue; }

  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    return boost::asio::async_initiate<Handler, void(boost::system::error_code, std::size_t)>(
      [this](auto h, const Buffers& into) {
        if (leftover_.empty()) {
          socket_.async_read_some(into, std::move(h));
          return;
        }
        auto copied = boost::asio::buffer_copy(into, boost::asio::buffer(leftover_));
        leftover_.erase(0, copied);
        if (leftover_.empty())
          std::string{}.swap(leftover_);
        boost::asio::post(
          get_executor(),
          boost::beast::bind_front_handler(std::move(h), boost::system::error_code{}, copied));
      },
      handler, buffers);
  }

  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    return boost::asio::async_initiate<Handler, void(boost::system::error_code, std::size_t)>(
      [this](auto h, const Buffers& from) {
        auto raw = std::make_shared<frame>();
        for (auto part : boost::beast::buffers_range_ref(from))
          raw->bytes.append(static_cast<const char*>(part.data()), part.size());
        auto size = raw->bytes.size();
        queue_->push(std::move(raw));
        dirty_();
        boost::asio::post(
          get_executor(),
          boost::beast::bind_front_handler(std::move(h), boost::system::error_code{}, size));
      },
      handler, buffers);
  }

private:
  boost::asio::ip::tcp::socket socket_;
  std::string leftover_;
  write_queue* queue_;
  std::function<void()> dirty_;
};

/// Beast's last step of a closing: nothing may be left in the queue, then TCP is shut down (server
/// first, RFC 6455 §7.1.1). The websocket does that itself when its read ends, so here only the
/// handler is called.
template <class Handler>
void async_teardown(boost::beast::role_type, queued_stream& stream, Handler&& handler) {
  boost::asio::post(
    stream.get_executor(),
    boost::beast::bind_front_handler(std::forward<Handler>(handler), boost::system::error_code{}));
}

/// What Beast does when it gives up on a peer.
inline void beast_close_socket(queued_stream& stream) {
  boost::system::error_code ignored;
  stream.socket().close(ignored);
}

} // namespace net
