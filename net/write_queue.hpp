#pragma once

#include "net/frame.hpp"

#include <cstddef>
#include <deque>
#include <vector>

struct iovec;

namespace net {

/// Frames that wait to be written to one connection, bounded in bytes by its owner. One thread.
class write_queue {
public:
  void push(frame_ptr what);
  bool empty() const { return head_ == frames_.size(); }
  std::size_t bytes() const { return bytes_; } // not yet taken by the kernel
  std::size_t frames() const { return frames_.size() - head_; }
  /// Fills at most `max` entries with what is to be sent next; returns how many.
  std::size_t gather(iovec* out, std::size_t max) const;
  /// `sent` bytes were taken from the front.
  void consume(std::size_t sent);
  /// Takes the oldest frame (polling, upgrade). Precondition: not empty, nothing of it sent.
  frame_ptr pop();
  void clear();

private:
  std::vector<frame_ptr>
    frames_; // released to no capacity when it ran empty: an idle connection costs nothing
  std::size_t head_ = 0;
  std::size_t offset_ = 0; // sent bytes of the first frame
  std::size_t bytes_ = 0;
};

} // namespace net
