#include "net/write_queue.hpp"

#include <sys/uio.h>

namespace net {

void write_queue::push(frame_ptr what) {
  bytes_ += what->bytes.size();
  frames_.push_back(std::move(what));
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
    clear();
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
    clear();
  return first;
}

void write_queue::clear() {
  if (frames_.capacity() > 4) // an idle connection keeps next to nothing
    std::vector<frame_ptr>{}.swap(frames_);
  else
    frames_.clear();
  head_ = 0;
  offset_ = 0;
  bytes_ = 0;
}

} // namespace net
