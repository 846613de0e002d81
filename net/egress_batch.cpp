#include "net/egress_batch.hpp"

#include <array>
#include <cerrno>
#include <liburing.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

namespace net {

struct egress_batch::ring {
  struct entry {
    msghdr message{};
    sender* who = nullptr;
    int result = 0;
    std::array<iovec, parts_max> parts;
  };
  io_uring queue{};
  bool is_open = false;
  std::array<entry, sockets_max> entries;

  ring() { is_open = io_uring_queue_init(sockets_max, &queue, 0) == 0; }
  ~ring() {
    if (is_open)
      io_uring_queue_exit(&queue);
  }
};

std::unique_ptr<egress_batch> egress_batch::make() {
  auto made = std::make_unique<ring>();
  if (!made->is_open)
    return nullptr;
  return std::unique_ptr<egress_batch>{new egress_batch{std::move(made)}};
}

egress_batch::egress_batch(std::unique_ptr<ring> r) : ring_(std::move(r)) {}

egress_batch::~egress_batch() = default;

std::span<iovec> egress_batch::room() {
  return ring_->entries[size_].parts;
}

void egress_batch::add(int socket, std::size_t count, sender& who) {
  auto& mine = ring_->entries[size_];
  mine.who = &who;
  mine.result = 0;
  auto* next = io_uring_get_sqe(&ring_->queue); // there is one for each entry
  // MSG_DONTWAIT: io_uring does not wait for the socket either, but completes with EAGAIN at once.
  constexpr unsigned how = MSG_DONTWAIT | MSG_NOSIGNAL;
  if (count == 1) {
    io_uring_prep_send(next, socket, mine.parts[0].iov_base, mine.parts[0].iov_len, how);
  } else {
    mine.message = {};
    mine.message.msg_iov = mine.parts.data();
    mine.message.msg_iovlen = count;
    io_uring_prep_sendmsg(next, socket, &mine.message, how);
  }
  io_uring_sqe_set_data64(next, size_);
  ++size_;
}

bool egress_batch::send() {
  const auto size = std::exchange(size_, 0);
  auto& queue = ring_->queue;
  auto left = static_cast<unsigned>(size);
  while (left > 0) {
    // Each send is done when it is submitted: this waits for nothing.
    const auto submitted = io_uring_submit_and_wait(&queue, left);
    unsigned head = 0, seen = 0;
    io_uring_cqe* done = nullptr;
    io_uring_for_each_cqe(&queue, head, done) {
      ring_->entries[io_uring_cqe_get_data64(done)].result = done->res;
      ++seen;
    }
    io_uring_cq_advance(&queue, seen);
    left -= seen;
    if (submitted < 0 && submitted != -EINTR)
      break;
  }
  for (std::size_t i = 0; i < size; ++i) {
    const auto& each = ring_->entries[i];
    if (each.result > 0)
      each.who->on_sent(static_cast<std::size_t>(each.result));
  }
  return left == 0;
}

} // namespace net
