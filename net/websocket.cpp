// RFC 6455. Frames, masking, control frames, UTF-8 and the close handshake are Beast's; sending is
// ours.
#include "net/websocket.hpp"

#include "domain/limits.hpp"
#include "net/http/upgraded.hpp"
#include "net/queued_stream.hpp"
#include "net/shard.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <sys/uio.h>
#include <vector>

namespace net {

namespace {

namespace ws = boost::beast::websocket;
using boost::system::error_code;

constexpr std::size_t frames_per_call = 64;
constexpr std::size_t idle_read_bytes =
  512; // an idle connection keeps this much; a long message grows it
constexpr std::size_t busy_read_bytes = 65'536;
constexpr auto close_timeout = std::chrono::seconds{5};
constexpr std::size_t drain_bytes_max = 16u << 20;

class beast_websocket final : public websocket {
public:
  beast_websocket(
    shard& home, http::upgraded& from, std::size_t max_message, std::weak_ptr<void> alive,
    handler* owner, write_queue& queue)
      : home_(home),
        stream_(std::move(from.socket), std::move(from.leftover), queue, [this] { tell_dirty(); }),
        alive_(std::move(alive)), owner_(owner), queue_(&queue) {
    stream_.read_message_max(max_message);
    stream_.auto_fragment(false);
  }

  void start(http::upgraded& from, std::string protocol) {
    if (!protocol.empty())
      stream_.set_option(ws::stream_base::decorator([protocol](ws::response_type& answer) {
        answer.set(boost::beast::http::field::sec_websocket_protocol, protocol);
      }));
    stream_.control_callback([this](ws::frame_type kind, boost::beast::string_view) {
      if (kind == ws::frame_type::pong)
        if (auto owner = alive_.lock())
          owner_->on_pong();
    });
    error_code ignored;
    stream_.next_layer().socket().set_option(boost::asio::ip::tcp::no_delay{true}, ignored);
    stream_.async_accept(from.handshake, [self = self_ptr()](error_code failed) {
      if (failed)
        return self->finish(1006);
      self->is_open_ = true;
      // The decorator and the request are no longer needed.
      self->stream_.set_option(ws::stream_base::decorator{[](ws::response_type&) {}});
      if (auto owner = self->alive_.lock())
        self->owner_->on_open();
      self->read();
    });
  }

  void flush() override {
    if (is_blocked_ || is_finished_)
      return;
    std::array<iovec, frames_per_call> parts;
    auto descriptor = stream_.next_layer().socket().native_handle();
    while (!queue_->empty()) {
      msghdr message{};
      message.msg_iov = parts.data();
      message.msg_iovlen = queue_->gather(parts.data(), parts.size());
      auto sent = ::sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0) {
        if (errno == EINTR)
          continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK)
          return wait_until_writable();
        return abort();
      }
      home_.stats.writes.store(
        home_.stats.writes.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      queue_->consume(static_cast<std::size_t>(sent));
    }
    progress_.reset();
    if (is_ending_)
      end_tcp();
  }

  void resume() override {
    if (is_open_ && !is_reading_ && !is_finished_)
      read();
  }

  void use_queue(write_queue& q) override {
    queue_ = &q;
    stream_.next_layer().use_queue(q);
  }

  void close(std::uint16_t code, std::string_view reason) override {
    if (is_finished_ || is_closing_)
      return;
    is_closing_ = true;
    // A peer that never answers the close frame is cut after a while; so is one that does not read.
    deadline_ = std::make_unique<boost::asio::steady_timer>(home_.io(), close_timeout);
    deadline_->async_wait([self = self_ptr()](error_code cancelled) {
      if (!cancelled)
        self->abort();
    });
    if (!is_open_)
      return abort();
    ws::close_reason why{static_cast<ws::close_code>(code)};
    why.reason = boost::beast::string_view{reason.substr(0, 123)};
    stream_.async_close(why, [self = self_ptr()](error_code) { self->finish(1006); });
  }

  void abort() override {
    if (is_finished_)
      return;
    error_code ignored;
    stream_.next_layer().socket().close(ignored);
    finish(1006);
  }

private:
  std::shared_ptr<beast_websocket> self_ptr() {
    return std::static_pointer_cast<beast_websocket>(shared_from_this());
  }

  void tell_dirty() {
    if (auto owner = alive_.lock(); owner && !is_finished_)
      owner_->on_dirty();
    else
      home_.post([self = self_ptr()] { self->flush(); });
  }

  void read() {
    is_reading_ = true;
    auto limit = buffer_.size() == 0 ? idle_read_bytes : busy_read_bytes;
    stream_.async_read_some(buffer_, limit, [self = self_ptr()](error_code failed, std::size_t) {
      self->is_reading_ = false;
      self->is_drained_ = failed.category() == error_code{ws::error::closed}.category()
                          && failed != ws::error::closed;
      if (failed)
        return self->finish(failed == ws::error::closed ? self->stream_.reason().code : 1006);
      if (!self->stream_.is_message_done())
        return self->read();
      self->handle_message();
    });
  }

  void handle_message() {
    auto owner = alive_.lock();
    if (!owner)
      return abort();
    owner_->on_message(
      {static_cast<const char*>(buffer_.data().data()), buffer_.size()}, stream_.got_binary());
    buffer_.consume(buffer_.size());
    if (buffer_.capacity() > 4 * idle_read_bytes)
      buffer_ = boost::beast::flat_buffer{};
    if (!is_finished_ && owner_->wants_more())
      read();
  }

  void wait_until_writable() {
    is_blocked_ = true;
    if (progress_ == nullptr)
      progress_ = std::make_unique<boost::asio::steady_timer>(home_.io());
    progress_->expires_after(domain::limits::write_progress_timeout);
    progress_->async_wait([self = self_ptr()](error_code cancelled) {
      if (!cancelled)
        self->abort(); // 10 s without the peer taking a byte
    });
    stream_.next_layer().socket().async_wait(
      boost::asio::ip::tcp::socket::wait_write, [self = self_ptr()](error_code failed) {
        if (self->progress_ != nullptr)
          self->progress_->cancel();
        self->is_blocked_ = false;
        if (failed)
          return;
        self->flush();
        if (!self->is_blocked_)
          self->tell_dirty(); // the backlog is gone: what was dropped can be told
      });
  }

  /// The protocol is over: tell the owner once, send what is left, end TCP.
  void finish(std::uint16_t code) {
    if (is_finished_ || is_ending_)
      return;
    is_ending_ = true;
    flush();
    if (!is_finished_ && queue_->empty())
      end_tcp();
    if (!is_finished_ && deadline_ == nullptr) {
      deadline_ = std::make_unique<boost::asio::steady_timer>(home_.io(), close_timeout);
      deadline_->async_wait([self = self_ptr()](error_code cancelled) {
        if (!cancelled)
          self->end_tcp();
      });
    }
    last_ = std::move(*queue_);
    queue_->clear();
    queue_ = &last_;
    stream_.next_layer().use_queue(last_);
    if (code == 0)
      code = 1005;
    if (auto owner = alive_.lock(); owner && !is_told_) {
      is_told_ = true;
      owner_->on_gone(code);
    }
  }

  void end_tcp() {
    if (is_finished_)
      return;
    is_finished_ = true;
    if (deadline_ != nullptr)
      deadline_->cancel();
    if (progress_ != nullptr)
      progress_->cancel();
    error_code ignored;
    auto& socket = stream_.next_layer().socket();
    if (!is_drained_) {
      socket.shutdown(boost::asio::ip::tcp::socket::shutdown_both, ignored);
      socket.close(ignored);
      return;
    }
    // Closing at once with bytes unread makes the kernel send a reset, which can destroy the close
    // frame on its way: a peer that sent too much would never read the 1009.
    socket.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    deadline_ = std::make_unique<boost::asio::steady_timer>(home_.io(), close_timeout);
    deadline_->async_wait([self = self_ptr()](error_code) {
      error_code unused;
      self->stream_.next_layer().socket().close(unused);
    });
    drain(std::make_shared<std::vector<char>>(busy_read_bytes), drain_bytes_max);
  }

  void drain(std::shared_ptr<std::vector<char>> into, std::size_t left) {
    auto space = boost::asio::buffer(*into);
    stream_.next_layer().socket().async_read_some(
      space, [self = self_ptr(), into, left](error_code failed, std::size_t bytes) {
        if (failed || bytes >= left)
          self->deadline_->cancel();
        else
          self->drain(into, left - bytes);
      });
  }

  shard& home_;
  ws::stream<queued_stream, false>
    stream_; // false: permessage-deflate is not compiled in, an idle connection is smaller
  boost::beast::flat_buffer buffer_;
  std::weak_ptr<void> alive_;
  handler* owner_;
  write_queue* queue_; // the owner's, until it is told that we are gone
  write_queue last_;
  std::unique_ptr<boost::asio::steady_timer> progress_;
  std::unique_ptr<boost::asio::steady_timer> deadline_;
  bool is_open_ = false;
  bool is_reading_ = false;
  bool is_blocked_ = false;
  bool is_closing_ = false;
  bool is_ending_ = false;
  bool is_finished_ = false;
  bool is_told_ = false;
  bool is_drained_ = false; // the peer broke the protocol, and may still be sending
};

} // namespace

std::shared_ptr<websocket> websocket::accept(
  shard& home, std::unique_ptr<http::upgraded> from, std::string protocol, std::size_t max_message,
  std::weak_ptr<void> owner_alive, handler* owner, write_queue& queue) {
  auto made = std::make_shared<beast_websocket>(
    home, *from, max_message, std::move(owner_alive), owner, queue);
  made->start(*from, std::move(protocol));
  return made;
}

} // namespace net
