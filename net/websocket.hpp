#pragma once

#include "net/frame.hpp"
#include "net/write_queue.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace net {

class egress_batch;
class shard;
namespace http {
struct upgraded;
}

/// A message-oriented WebSocket (RFC 6455, with permessage-deflate of RFC 7692). Control frames go
/// through the same queue as shared frames, so frames never interleave. While it is idle it keeps a
/// small read buffer and nothing else. Runs on its shard's thread.
class websocket : public std::enable_shared_from_this<websocket> {
public:
  struct handler {
    virtual ~handler() = default;
    virtual void on_open() = 0; // the 101 is in the queue
    /// One whole message, valid UTF-8 if text. The bytes are valid during the call only.
    virtual void on_message(std::string_view bytes, bool binary) = 0;
    /// The peer is gone or the close handshake is done; nothing follows. `code`: the peer's, 1006
    /// when there was none.
    virtual void on_gone(std::uint16_t code) = 0;
    /// The queue wants to be flushed at the end of the turn (a pong or a close is in it).
    virtual void on_dirty() = 0;
    virtual void on_pong() {}
    /// False: stop reading after this message until resume().
    virtual bool wants_more() = 0;
  };

  struct options {
    std::string protocol; // the chosen sub-protocol, or empty
    std::size_t message_bytes_max;
    bool deflate = false; // agree to compression if the peer offers it
  };

  /// Answers the handshake and starts to read. `owner` lives until on_gone. `queue` is the owner's:
  /// frames in it are written by flush(). on_open is called after this has returned.
  static std::shared_ptr<websocket> accept(
    shard& home, std::unique_ptr<http::upgraded> from, const options& wanted,
    std::weak_ptr<void> owner_alive, handler* owner, write_queue& queue);

  virtual ~websocket() = default;
  /// Everything queued, in one system call; the rest when the socket takes more. Detects 10 s
  /// without progress.
  virtual void flush() = 0;
  /// What a flush() right behind would send first goes with others; flush() has the rest, and every
  /// error. Nothing may happen to this connection before the batch is sent.
  virtual void flush_into(egress_batch& batch) = 0;
  virtual void resume() = 0; // read on
  /// Data is left that the peer's socket did not take yet.
  virtual bool is_blocked() const = 0;
  /// From now on frames are taken from `q`, which has taken over what was left in the old queue (a
  /// part-sent frame at its front included): an upgrade from polling, or a client that lets go
  /// while the rest is still sent.
  virtual void use_queue(write_queue& q) = 0;
  /// Sends a close frame behind what is queued, waits a bounded time for the peer's, then closes
  /// TCP.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  /// No close frame: the connection is cut. on_gone is called (1006).
  virtual void abort() = 0;
  /// Of compressed frames to this peer; 0: it takes none.
  virtual std::uint8_t window_bits() const = 0;
  /// The message that is being handed out was.
  virtual bool is_message_compressed() const = 0;
};

} // namespace net
