#pragma once

#include "net/byte_stream.hpp"
#include "net/write_queue.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace net {
class shard;
}

namespace net::http {

struct streamed {
  byte_stream stream;
  std::string head;
};

/// An answer that goes on: the head, then what its owner queues, until one of the two sides ends
/// it. Runs on its shard's thread.
class stream : public std::enable_shared_from_this<stream> {
public:
  /// `queue` is the owner's. `on_gone`: the peer went, or did not take a byte for
  /// write_progress_timeout; called once, not behind end().
  stream(
    shard& home, std::unique_ptr<streamed> from, write_queue& queue, std::function<void()> on_gone);

  void start();
  /// `tell`: what could not be written at once is written now.
  void on_drained(std::function<void()> tell) { on_drained_ = std::move(tell); }
  /// Everything queued, in one system call; the rest when the socket takes more.
  void flush();
  /// The owner lets go, and may go away with its queue: what is in it is sent within
  /// stream_end_timeout and `last_word` behind it, then the connection ends.
  void end(frame_ptr last_word = nullptr);

private:
  void wait_readable();
  void read_away();
  void wait_writable();
  void watch_progress(std::size_t left);
  void written();
  void gone();
  void close();

  shard& home_;
  byte_stream stream_;
  std::string head_; // what is left of it
  write_queue* queue_;
  write_queue last_;
  std::function<void()> on_gone_;
  std::function<void()> on_drained_;
  std::unique_ptr<boost::asio::steady_timer> deadline_; // of progress, then of the end
  std::size_t read_ = 0;
  bool is_blocked_ = false;
  bool is_ending_ = false;
  bool is_over_ = false;
};

} // namespace net::http
