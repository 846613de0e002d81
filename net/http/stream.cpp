#include "net/http/stream.hpp"

#include "domain/limits.hpp"
#include "net/shard.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

namespace net::http {

using boost::system::error_code;
using tcp = boost::asio::ip::tcp;

namespace {

constexpr std::size_t parts_per_call = 64;
constexpr std::size_t read_bytes_max = 65'536; // a client has nothing to say here

} // namespace

stream::stream(
  shard& home, std::unique_ptr<streamed> from, write_queue& queue, std::function<void()> on_gone)
    : home_(home), socket_(std::move(from->socket)), head_(std::move(from->head)), queue_(&queue),
      on_gone_(std::move(on_gone)) {}

void stream::start() {
  wait_readable();
}

void stream::flush() {
  if (is_blocked_ || is_over_)
    return;
  std::array<iovec, parts_per_call> parts{};
  while (!head_.empty() || !queue_->empty()) {
    std::size_t used = 0;
    if (!head_.empty())
      parts[used++] = {head_.data(), head_.size()};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = used + queue_->gather(parts.data() + used, parts.size() - used);
    const auto sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR)
        continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK)
        return wait_writable();
      return gone();
    }
    home_.stats.writes.store(
      home_.stats.writes.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    const auto of_head = std::min(static_cast<std::size_t>(sent), head_.size());
    head_.erase(0, of_head);
    queue_->consume(static_cast<std::size_t>(sent) - of_head);
  }
  written();
}

void stream::written() {
  if (!is_ending_) {
    deadline_.reset();
    return;
  }
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void stream::end() {
  on_gone_ = on_drained_ = nullptr;
  if (is_over_ || is_ending_)
    return;
  is_ending_ = true;
  last_ = std::move(*queue_);
  queue_->clear();
  queue_ = &last_;
  deadline_ =
    std::make_unique<boost::asio::steady_timer>(home_.io(), domain::limits::stream_end_timeout);
  deadline_->async_wait([self = shared_from_this()](error_code cancelled) {
    if (!cancelled)
      self->close();
  });
  flush();
}

void stream::wait_writable() {
  is_blocked_ = true;
  if (!is_ending_) {
    deadline_ = std::make_unique<boost::asio::steady_timer>(
      home_.io(), domain::limits::write_progress_timeout);
    deadline_->async_wait([self = shared_from_this()](error_code cancelled) {
      if (!cancelled && !self->is_ending_)
        self->gone();
    });
  }
  socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](error_code failed) {
    self->is_blocked_ = false;
    if (failed)
      return;
    self->flush();
    if (!self->is_blocked_ && self->on_drained_)
      self->on_drained_();
  });
}

// -- the peer --

void stream::wait_readable() {
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code failed) {
    if (!failed)
      self->read_away();
  });
}

void stream::read_away() {
  if (is_over_)
    return;
  std::array<char, 4'096> nowhere;
  error_code why;
  const auto bytes = socket_.read_some(boost::asio::buffer(nowhere), why);
  read_ += bytes;
  if ((why && why != boost::asio::error::would_block) || read_ > read_bytes_max)
    return gone();
  wait_readable();
}

void stream::gone() {
  close();
  if (const auto tell = std::exchange(on_gone_, nullptr))
    tell();
}

void stream::close() {
  if (is_over_)
    return;
  is_over_ = true;
  on_drained_ = nullptr;
  deadline_.reset();
  error_code ignored;
  socket_.close(ignored);
}

} // namespace net::http
