#pragma once

#include <cstddef>
#include <memory>
#include <span>

struct iovec;

namespace net {

/// Sends on many sockets in one system call: an io_uring whose sends never wait, so that all of
/// them are done when send() returns. What a socket does not take stays with its owner. One thread,
/// which is the one that made it.
class egress_batch {
public:
  static constexpr std::size_t sockets_max = 128; // of one call
  static constexpr std::size_t parts_max = 16;    // of one socket

  /// nullptr: the kernel refuses (too old, switched off, or kept from this process).
  static std::unique_ptr<egress_batch> make();
  ~egress_batch();
  egress_batch(const egress_batch&) = delete;

  class sender {
  public:
    virtual ~sender() = default;
    /// The kernel took so many bytes, at least one. Nothing is called for a socket that took none.
    virtual void on_sent(std::size_t bytes) = 0;
  };

  /// Room for the parts of one more socket. Precondition: not full.
  std::span<iovec> room();
  /// The first `count` parts of room(); they and `who` must stay until send().
  void add(int socket, std::size_t count, sender& who);
  bool is_full() const { return size_ == sockets_max; }
  /// Calls on_sent for each, in the order in which they were added; then the batch is empty. False:
  /// the kernel takes no more of it, and it must not be used again.
  bool send();

private:
  struct ring;
  explicit egress_batch(std::unique_ptr<ring> r);
  std::unique_ptr<ring> ring_;
  std::size_t size_ = 0;
};

} // namespace net
