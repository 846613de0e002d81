#include "net/egress_batch.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstddef>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using net::egress_batch;

namespace {

/// Two connected sockets; ours is the first.
struct pair_of_sockets {
  std::array<int, 2> ends{};
  pair_of_sockets() {
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
  }
  ~pair_of_sockets() {
    for (const int each : ends)
      ::close(each);
  }
  pair_of_sockets(const pair_of_sockets&) = delete;
  std::string read() const {
    std::string all(1 << 20, '\0');
    const auto size = ::recv(ends[1], all.data(), all.size(), MSG_DONTWAIT);
    all.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return all;
  }
};

struct counting : egress_batch::sender {
  std::vector<std::size_t> sent;
  void on_sent(std::size_t bytes) override { sent.push_back(bytes); }
};

void add(egress_batch& to, int socket, std::vector<std::string>& parts, counting& who) {
  auto room = to.room();
  for (std::size_t i = 0; i < parts.size(); ++i)
    room[i] = {parts[i].data(), parts[i].size()};
  to.add(socket, parts.size(), who);
}

std::unique_ptr<egress_batch> made() {
  auto batch = egress_batch::make();
  if (batch == nullptr)
    WARN("this kernel refuses io_uring: only the refusal is tested here");
  return batch;
}

/// What this process may do is the kernel's to say: from now on it has no io_uring.
void forbid_io_uring() {
  std::array<sock_filter, 4> rules{
    sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
    sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
    sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{static_cast<unsigned short>(rules.size()), rules.data()};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

} // namespace

TEST_CASE("a batch sends to many sockets what each has, in its order", "[net][egress]") {
  const auto batch = made();
  if (batch == nullptr)
    return;
  std::vector<std::unique_ptr<pair_of_sockets>> sockets;
  std::vector<std::vector<std::string>> parts;
  std::vector<counting> owners(egress_batch::sockets_max);
  for (std::size_t i = 0; i < egress_batch::sockets_max; ++i) {
    sockets.push_back(std::make_unique<pair_of_sockets>());
    auto& mine = parts.emplace_back();
    for (std::size_t n = 0; n <= i % egress_batch::parts_max; ++n)
      mine.push_back(std::to_string(i) + ':' + std::to_string(n) + ' ');
  }
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      CHECK_FALSE(batch->is_full());
      add(*batch, sockets[i]->ends[0], parts[i], owners[i]);
    }
    CHECK(batch->is_full());
    REQUIRE(batch->send());
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      std::string whole;
      for (const auto& part : parts[i])
        whole += part;
      CHECK(sockets[i]->read() == whole);
      REQUIRE(owners[i].sent.size() == static_cast<std::size_t>(round) + 1);
      CHECK(owners[i].sent.back() == whole.size());
    }
  }
  CHECK(batch->send()); // nothing
}

TEST_CASE(
  "a socket that takes nothing, a part, or is gone does not hold up the others", "[net][egress]") {
  const auto batch = made();
  if (batch == nullptr)
    return;
  pair_of_sockets full, healthy, gone, large;
  const std::string much(4096, 'x');
  while (::send(full.ends[0], much.data(), much.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
  }
  ::shutdown(gone.ends[0], SHUT_WR);
  counting of_full, of_healthy, of_gone, of_large, of_closed;
  std::vector<std::string> small{"hello"}, huge{std::string(8u << 20, 'y')};
  add(*batch, full.ends[0], small, of_full);
  add(*batch, gone.ends[0], small, of_gone);
  add(*batch, -1, small, of_closed);
  add(*batch, large.ends[0], huge, of_large);
  add(*batch, healthy.ends[0], small, of_healthy);
  REQUIRE(batch->send());
  CHECK(of_full.sent.empty());
  CHECK(of_gone.sent.empty());
  CHECK(of_closed.sent.empty());
  REQUIRE(of_large.sent.size() == 1);
  CHECK(of_large.sent.front() < huge.front().size());
  CHECK(of_healthy.sent == std::vector<std::size_t>{5});
  CHECK(healthy.read() == "hello");
}

TEST_CASE("where the kernel has no io_uring for us there is no batch", "[net][egress]") {
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    forbid_io_uring();
    ::_exit(egress_batch::make() == nullptr ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
