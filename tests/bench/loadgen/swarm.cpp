#include "tests/bench/loadgen/swarm.hpp"

#include "tests/bench/loadgen/token.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace loadgen {

namespace {

constexpr std::uint32_t source_addresses = 8; // 127.0.0.2 and up
/// As many at once as clients that come back after a restart; for each address below any server's
/// bound.
constexpr std::uint32_t handshakes_at_once = 16 * source_addresses;
constexpr std::size_t buffer_bytes = 1u << 20;
constexpr std::int64_t open_patience = 120'000'000'000; // ns

[[noreturn]] void fail(const std::string& what) {
  throw failure{what + ": " + std::strerror(errno)};
}

sockaddr_in loopback(std::uint32_t host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(0x7f000000u + host);
  return address;
}

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

} // namespace

swarm::swarm(target where, receiver& scenario)
    : where_{std::move(where)}, scenario_{scenario}, buffer_(buffer_bytes) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0)
    fail("epoll_create1");
  read_clock();
}

swarm::~swarm() {
  for (auto& c : clients_)
    if (c.fd >= 0)
      ::close(c.fd);
  ::close(epoll_);
}

void swarm::read_clock() {
  now_ = std::chrono::steady_clock::now().time_since_epoch().count();
}

void swarm::open(std::uint32_t count) {
  auto give_up = now_ + open_patience;
  auto first = static_cast<std::uint32_t>(clients_.size());
  auto next = first;
  while (ready_ < first + count) {
    while (next < first + count && in_handshake_ < handshakes_at_once) {
      auto& c = clients_.emplace_back();
      c.index = next++;
      connect(c);
    }
    turn(20);
    read_clock();
    if (now_ > give_up)
      throw failure{
        "only " + std::to_string(ready_) + " of " + std::to_string(first + count)
        + " connections are signed in"};
    if (in_handshake_ < handshakes_at_once && !refused_clients_.empty()) {
      turn(100); // the server asked for a pause
      auto again = std::exchange(refused_clients_, {});
      for (auto* c : again)
        connect(*c);
    }
  }
}

void swarm::connect(client& c) {
  ++in_handshake_;
  c.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c.fd < 0)
    fail("socket");
  int on = 1;
  ::setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(c.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  auto from = loopback(2 + c.index % source_addresses, 0);
  if (::bind(c.fd, generic(from), sizeof from) != 0)
    fail("bind");
  auto to = loopback(1, where_.port);
  if (::connect(c.fd, generic(to), sizeof to) != 0 && errno != EINPROGRESS)
    fail("connect");
  c.at = stage::connecting;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &c;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &event) != 0)
    fail("epoll_ctl");
}

void swarm::retry_later(client& c) {
  ::close(c.fd);
  c.fd = -1;
  c.at = stage::closed;
  c.carry.clear();
  c.out.clear();
  --in_handshake_;
  ++refused_;
  refused_clients_.push_back(&c);
}

void swarm::turn(int milliseconds) {
  std::array<epoll_event, 1024> events;
  auto count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), milliseconds);
  if (count < 0 && errno != EINTR)
    fail("epoll_wait");
  for (int i = 0; i < count; ++i) {
    auto& c = *static_cast<client*>(events[static_cast<std::size_t>(i)].data.ptr);
    auto happened = events[static_cast<std::size_t>(i)].events;
    if ((happened & EPOLLOUT) != 0 && (c.at == stage::connecting || !c.out.empty()))
      writable(c);
    if ((happened & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0)
      readable(c);
  }
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    dirty_[i]->is_dirty = false;
    flush(*dirty_[i]);
  }
  dirty_.clear();
}

void swarm::run_for(double seconds) {
  read_clock();
  auto end = now_ + static_cast<std::int64_t>(seconds * 1e9);
  while (now_ < end) {
    turn(20);
    read_clock();
  }
}

void swarm::writable(client& c) {
  if (c.at != stage::connecting) {
    flush(c);
    return;
  }
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(c.fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    retry_later(c);
    return;
  }
  c.at = stage::upgrading;
  c.out = "GET " + (is_plain() ? where_.plain_path : "/socket.io/?EIO=4&transport=websocket")
          + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(where_.port)
          + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dHJvdXBlIGxvYWRnZW4gMQ==\r\n";
  if (is_plain())
    c.out += "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
             "client_no_context_takeover\r\nAuthorization: Bearer "
             + mint_token(where_.secret, c.index) + "\r\n";
  c.out += "\r\n";
  flush(c);
}

void swarm::readable(client& c) {
  if (c.fd < 0 || c.is_stalled)
    return;
  for (;;) {
    std::memcpy(buffer_.data(), c.carry.data(), c.carry.size());
    auto room = buffer_.size() - c.carry.size();
    auto got = ::recv(c.fd, buffer_.data() + c.carry.size(), room, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    if (got <= 0) {
      if (c.at != stage::ready) {
        retry_later(c);
        return;
      }
      throw failure{"the server closed connection " + std::to_string(c.index)};
    }
    read_clock();
    std::string_view bytes{buffer_.data(), c.carry.size() + static_cast<std::size_t>(got)};
    bytes.remove_prefix(handle(c, bytes));
    if (c.fd < 0)
      return;
    c.carry.assign(bytes);
    if (static_cast<std::size_t>(got) < room)
      return; // drained: the next edge comes with new bytes
  }
}

std::size_t swarm::handle(client& c, std::string_view bytes) {
  std::size_t used = 0;
  if (c.at == stage::upgrading) {
    used = handle_upgrade(c, bytes);
    if (c.at != stage::opening)
      return used;
  }
  frame f;
  while (auto length = read_frame(bytes.substr(used), f)) {
    used += length;
    if (f.is_compressed)
      scenario_.delivered_compressed(c, f.payload);
    else if (f.opcode == 1)
      is_plain() ? plain_message(c, f.payload) : packet(c, f.payload);
    else if (f.opcode == 8)
      throw failure{"the server sent a close frame to connection " + std::to_string(c.index)};
  }
  return used;
}

std::size_t swarm::handle_upgrade(client& c, std::string_view bytes) {
  auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos)
    return 0;
  if (bytes.starts_with("HTTP/1.1 101")) {
    c.at = stage::opening;
  } else if (bytes.starts_with("HTTP/1.1 429") || bytes.starts_with("HTTP/1.1 503")) {
    retry_later(c);
  } else {
    throw failure{"handshake refused: " + std::string{bytes.substr(0, bytes.find('\r'))}};
  }
  return end + 4;
}

void swarm::packet(client& c, std::string_view text) {
  if (text.starts_with("42")) {
    count_marked(c, text);
  } else if (text.starts_with("43")) {
    std::uint32_t id = 0;
    std::size_t i = 2;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
      id = id * 10 + static_cast<std::uint32_t>(text[i] - '0');
    scenario_.answered(c, id, text.substr(i));
  } else if (text == "2") {
    send(c, "3");
  } else if (text.starts_with("0") && c.at == stage::opening) {
    c.at = stage::signing_in;
    send(c, R"(40{"token":")" + mint_token(where_.secret, c.index) + R"("})");
  } else if (text.starts_with("40") && c.at == stage::signing_in) {
    signed_in(c);
  } else {
    throw failure{"unexpected packet: " + std::string{text.substr(0, 200)}};
  }
}

void swarm::signed_in(client& c) {
  c.at = stage::ready;
  --in_handshake_;
  ++ready_;
}

void swarm::count_marked(client& c, std::string_view text) {
  auto sequence = sequence_at(text, marker_hint_);
  if (!sequence) {
    auto place = text.find(marker);
    if (place == std::string_view::npos)
      return; // an event that nobody counts
    marker_hint_ = place;
    sequence = sequence_at(text, place);
  }
  if (sequence)
    scenario_.delivered(c, *sequence);
}

void swarm::plain_message(client& c, std::string_view text) {
  constexpr std::string_view ack = R"({"ack":)";
  if (c.at == stage::opening && text.find(R"("authenticated")") != std::string_view::npos)
    signed_in(c);
  else if (text.starts_with(ack))
    scenario_.answered(c, 0, text.substr(ack.size()));
  else
    count_marked(c, text);
}

void swarm::send(client& from, std::string_view text) {
  append_text_frame(from.out, text);
  if (!from.is_dirty) {
    from.is_dirty = true;
    dirty_.push_back(&from);
  }
}

void swarm::flush(client& c) {
  while (!c.out.empty() && c.fd >= 0) {
    auto put = ::send(c.fd, c.out.data(), c.out.size(), MSG_NOSIGNAL);
    if (put < 0) {
      if (errno == EAGAIN)
        return; // the next edge of EPOLLOUT goes on
      fail("send");
    }
    c.out.erase(0, static_cast<std::size_t>(put));
  }
}

} // namespace loadgen
