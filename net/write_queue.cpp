#include "net/write_queue.hpp"

#include "domain/limits.hpp"

#include <iterator>
#include <limits>
#include <sys/uio.h>

namespace net {

namespace {

/// RFC 6455 §5.5.1. Nothing may follow it.
bool is_close(const frame& what) {
  return !what.bytes.empty() && static_cast<unsigned char>(what.bytes.front()) == 0x88;
}

} // namespace

void write_queue::push(frame_ptr what) {
  if (is_close(*what))
    return push_last(std::move(what));
  append(std::move(what));
}

void write_queue::push_last(frame_ptr what) {
  if (waiting_ != nullptr) {
    constexpr auto all = std::numeric_limits<std::size_t>::max();
    take_waiting(all, all);
    waiting_.reset();
  }
  append(std::move(what));
}

void write_queue::append(frame_ptr what) {
  bytes_ += what->bytes.size();
  frames_.push_back(std::move(what));
}

bool write_queue::push(std::span<const frame_ptr> unit, const handling& how) {
  if (!has_backlog_) {
    for (const auto& each : unit) {
      bytes_ += each->bytes.size();
      frames_.push_back(each);
    }
    return false;
  }
  if (waiting_ == nullptr)
    waiting_ = std::make_unique<class_queue>();
  return waiting_->push(unit, how);
}

std::size_t write_queue::gather(iovec* out, std::size_t max) const {
  std::size_t filled = 0;
  auto skip = offset_;
  for (auto i = head_; i < frames_.size() && filled < max; ++i) {
    const auto& bytes = frames_[i]->bytes;
    out[filled].iov_base = const_cast<char*>(bytes.data() + skip); // sendmsg does not write to it
    out[filled].iov_len = bytes.size() - skip;
    ++filled;
    skip = 0;
  }
  return filled;
}

void write_queue::consume(std::size_t sent) {
  bytes_ -= sent;
  while (sent > 0) {
    auto left = frames_[head_]->bytes.size() - offset_;
    if (sent < left) {
      offset_ += sent;
      return;
    }
    sent -= left;
    offset_ = 0;
    frames_[head_++].reset();
  }
  if (head_ == frames_.size()) {
    refill();
  } else if (head_ >= 256 && head_ * 2 >= frames_.size()) { // a long backlog drains slowly: do not
                                                            // keep what is gone
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

frame_ptr write_queue::pop() {
  auto first = std::move(frames_[head_++]);
  bytes_ -= first->bytes.size();
  if (head_ == frames_.size())
    refill();
  return first;
}

/// Some of those that wait, so that a later one of a higher class can still go before the rest.
void write_queue::refill() {
  auto waiting = std::move(waiting_);
  const auto had_backlog = has_backlog_;
  clear();
  if (waiting == nullptr || waiting->empty())
    return;
  has_backlog_ = had_backlog;
  waiting_ = std::move(waiting);
  take_waiting(domain::limits::committed_frames, domain::limits::committed_bytes);
  if (waiting_->empty())
    waiting_.reset();
}

void write_queue::take_waiting(std::size_t frames_max, std::size_t bytes_max) {
  std::vector<frame_ptr> taken;
  bytes_ += waiting_->take(taken, frames_max, bytes_max);
  frames_.insert(
    frames_.end(), std::make_move_iterator(taken.begin()), std::make_move_iterator(taken.end()));
}

write_queue write_queue::hand_over() {
  const auto left = bytes();
  auto all = std::move(*this);
  clear();
  handed_over_ = left;
  return all;
}

void write_queue::clear() {
  if (frames_.capacity() != frames_.static_capacity) {
    std::destroy_at(&frames_);
    std::construct_at(&frames_); // shrink_to_fit() would give up the room in place as well
  } else {
    frames_.clear();
  }
  waiting_.reset();
  head_ = 0;
  offset_ = 0;
  bytes_ = 0;
  has_backlog_ = false;
}

} // namespace net
