#pragma once

#include "domain/time.hpp"
#include "net/class_queue.hpp"
#include "net/frame.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

struct iovec;

namespace net {

class websocket;

/// Frames that wait to be written to one connection, bounded in bytes by its owner. They leave in
/// the order in which they came; what comes while the transport does not take them (a backlog)
/// waits by class behind them. One thread.
class write_queue {
public:
  /// Behind what is committed already: control frames. A close frame goes behind everything.
  void push(frame_ptr what);
  /// Behind everything, whatever its class; nothing may follow it.
  void push_last(frame_ptr what);
  /// Frames of one packet, which stay together. True: they took the place of an older event.
  bool push(std::span<const frame_ptr> unit, const handling& how);
  bool push(const frame_ptr& what, const handling& how) { return push({&what, 1}, how); }
  /// To be called after each flush: what is left now is a backlog.
  void note_flushed() { has_backlog_ = !empty(); }
  bool has_backlog() const { return has_backlog_; }
  class_queue* waiting() const { return waiting_.get(); } // nullptr: nothing waits by class

  bool empty() const { return head_ == frames_.size(); }
  std::size_t bytes() const { // not yet taken by the kernel
    return bytes_ + (waiting_ != nullptr ? waiting_->bytes() : 0);
  }
  std::size_t frames() const { return frames_.size() - head_; } // without those that wait by class
  /// Fills at most `max` entries with what is to be sent next; returns how many.
  std::size_t gather(iovec* out, std::size_t max) const;
  /// `sent` bytes were taken from the front.
  void consume(std::size_t sent);
  /// Takes the oldest frame (polling, upgrade). Precondition: not empty, nothing of it sent.
  frame_ptr pop();
  void clear();
  /// All that waits, for whoever sends it from now on; this one stays empty.
  write_queue hand_over();
  /// Bytes that were not yet taken by the kernel then.
  std::size_t handed_over() const { return handed_over_; }

  /// Said by the writer: the kernel takes no more; it has taken all again. What came well before
  /// `blocked_since()` was written.
  void note_blocked(domain::steady_time now) { blocked_since_ = std::min(blocked_since_, now); }
  void note_unblocked() { blocked_since_ = domain::steady_time::max(); }
  domain::steady_time blocked_since() const { return blocked_since_; } // max: it is not, or unknown

  /// Whoever sends it from now on; nullptr: nobody does by himself (polling, before and after a
  /// WebSocket). Kept by the WebSocket, and so that the shard finds it without asking through all
  /// the layers between them.
  void set_writer(websocket* w) { writer_ = w; }
  websocket* writer() const { return writer_; }
  /// Said by the writer behind a send: there is nothing left for a flush. True once for each time.
  void note_settled() { is_settled_ = true; }
  bool take_settled() { return std::exchange(is_settled_, false); }

private:
  void append(frame_ptr what);
  void refill();
  void take_waiting(std::size_t frames_max, std::size_t bytes_max);

  // One or two frames in place: what a turn usually brings. More are released when it runs empty,
  // so that an idle connection costs nothing.
  boost::container::small_vector<frame_ptr, 2> frames_;
  std::unique_ptr<class_queue> waiting_; // only while there is a backlog
  websocket* writer_ = nullptr;
  std::size_t head_ = 0;
  std::size_t offset_ = 0; // sent bytes of the first frame
  std::size_t bytes_ = 0;  // of frames_
  bool has_backlog_ = false;
  bool is_settled_ = false;
  // Only where a connection is slow or ends: behind what every delivery touches.
  std::size_t handed_over_ = 0;
  domain::steady_time blocked_since_ = domain::steady_time::max();
};

} // namespace net
