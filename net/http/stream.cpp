#include "net/http/stream.hpp"

#include "domain/limits.hpp"
#include "net/shard.hpp"

#include <algorithm>
#include <array>
#include <sys/uio.h>
#include <utility>

namespace net::http {

using boost::system::error_code;

namespace {

constexpr std::size_t parts_per_call = 64;
constexpr std::size_t read_bytes_max = 65'536; // a client has nothing to say here

} // namespace

stream::stream(
  shard& home, std::unique_ptr<streamed> from, write_queue& queue, std::function<void()> on_gone)
    : home_(home), stream_(std::move(from->stream)), head_(std::move(from->head)), queue_(&queue),
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
    used += queue_->gather(parts.data() + used, parts.size() - used);
    error_code why;
    const auto sent = stream_.write_some(parts.data(), used, why);
    if (why == boost::asio::error::would_block)
      return wait_writable();
    if (why)
      return gone();
    home_.stats.wrote(sent);
    const auto of_head = std::min(sent, head_.size());
    head_.erase(0, of_head);
    queue_->consume(sent - of_head);
  }
  written();
}

void stream::written() {
  if (!is_ending_) {
    deadline_.reset();
    return;
  }
  error_code ignored;
  stream_.end_writing(ignored);
}

void stream::end(frame_ptr last_word) {
  on_gone_ = on_drained_ = nullptr;
  if (is_over_ || is_ending_)
    return;
  is_ending_ = true;
  last_ = queue_->hand_over();
  if (last_word != nullptr)
    last_.push_last(std::move(last_word));
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
  queue_->note_blocked(std::chrono::steady_clock::now());
  if (!is_ending_) {
    deadline_ = std::make_unique<boost::asio::steady_timer>(home_.io());
    watch_progress(stream_.unacknowledged());
  }
  stream_.wait_writable([self = shared_from_this()](error_code failed) {
    self->is_blocked_ = false;
    if (failed)
      return;
    self->flush();
    if (self->is_blocked_ || self->is_over_)
      return;
    self->queue_->note_unblocked();
    if (self->on_drained_)
      self->on_drained_();
  });
}

/// As a WebSocket does: somebody who reads slowly is not gone.
void stream::watch_progress(std::size_t left) {
  deadline_->expires_after(domain::limits::write_progress_timeout);
  deadline_->async_wait([self = shared_from_this(), left](error_code cancelled) {
    if (cancelled || self->is_ending_ || self->is_over_ || !self->is_blocked_)
      return;
    if (const auto now = self->stream_.unacknowledged(); now < left)
      self->watch_progress(now);
    else
      self->gone();
  });
}

// -- the peer --

void stream::wait_readable() {
  stream_.wait_readable([self = shared_from_this()](error_code failed) {
    if (!failed)
      self->read_away();
  });
}

void stream::read_away() {
  if (is_over_)
    return;
  std::array<char, 4'096> nowhere;
  error_code why;
  const auto bytes = stream_.read_some(nowhere, why);
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
  stream_.close();
}

} // namespace net::http
