#include "net/byte_stream.hpp"

#include "domain/limits.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace net {
namespace {

namespace asio = boost::asio;

constexpr std::size_t record_bytes = 16'384; // a TLS record's payload

boost::system::error_code system_error() {
  if (errno == EAGAIN || errno == EWOULDBLOCK)
    return asio::error::would_block;
  return {errno, boost::system::system_category()};
}

} // namespace

void tls_ending::operator()(ssl_st* session) const {
  SSL_free(session);
}

byte_stream::byte_stream(socket_type socket, tls_session session)
    : socket_(std::move(socket)), session_(std::move(session)) {
  error ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
  // What a peer does not take waits in our queue, where it is counted, ordered by class and dropped
  // by rule, and not in up to 4 MiB of the kernel's.
  using unsent = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;
  socket_.set_option(unsent{static_cast<int>(domain::limits::kernel_unsent_bytes)}, ignored);
}

bool byte_stream::has_unread() const {
  return is_tls() && SSL_pending(session_.get()) > 0;
}

byte_stream::error byte_stream::tls_error(int result) {
  switch (SSL_get_error(session_.get(), result)) {
  case SSL_ERROR_WANT_READ:
  case SSL_ERROR_WANT_WRITE:
    return asio::error::would_block;
  case SSL_ERROR_ZERO_RETURN:
    return asio::error::eof;
  case SSL_ERROR_SYSCALL:
    return errno != 0 ? system_error() : error{asio::error::eof};
  default:
    return asio::error::connection_reset; // not TLS, or broken TLS
  }
}

std::size_t byte_stream::read_some(std::span<char> into, error& why) {
  why = {};
  if (is_tls()) {
    ERR_clear_error();
    errno = 0;
    const auto size = SSL_read(session_.get(), into.data(), static_cast<int>(into.size()));
    if (size > 0)
      return static_cast<std::size_t>(size);
    why = tls_error(size);
    read_wants_write_ = SSL_want_write(session_.get());
    return 0;
  }
  for (;;) {
    const auto size = ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
    if (size > 0)
      return static_cast<std::size_t>(size);
    if (size < 0 && errno == EINTR)
      continue;
    why = size == 0 ? error{asio::error::eof} : system_error();
    return 0;
  }
}

std::size_t byte_stream::write_some(const iovec* parts, std::size_t count, error& why) {
  why = {};
  if (is_tls()) {
    // One record at a time. What OpenSSL could not send it has encrypted already, and asks for the
    // same bytes again.
    thread_local std::array<char, record_bytes> record;
    std::size_t filled = 0;
    for (std::size_t i = 0; i < count && filled < record.size(); ++i) {
      const auto size = std::min(parts[i].iov_len, record.size() - filled);
      std::memcpy(record.data() + filled, parts[i].iov_base, size);
      filled += size;
    }
    ERR_clear_error();
    errno = 0;
    const auto size = SSL_write(session_.get(), record.data(), static_cast<int>(filled));
    if (size > 0)
      return static_cast<std::size_t>(size);
    why = tls_error(size);
    return 0;
  }
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts); // sendmsg does not write to it
  message.msg_iovlen = count;
  for (;;) {
    const auto size = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size >= 0)
      return static_cast<std::size_t>(size);
    if (errno == EINTR)
      continue;
    why = system_error();
    return 0;
  }
}

bool byte_stream::is_gone(bool& would_block) {
  char byte = 0;
  if (is_tls()) {
    ERR_clear_error();
    errno = 0;
    const auto size = SSL_peek(session_.get(), &byte, 1);
    const auto why = size > 0 ? error{} : tls_error(size);
    would_block = why == asio::error::would_block;
    return why && !would_block;
  }
  const auto size = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  would_block = size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  return size <= 0 && !would_block;
}

std::size_t byte_stream::unacknowledged() {
  int bytes = 0;
  return ::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) == 0 && bytes > 0
           ? static_cast<std::size_t>(bytes)
           : 0;
}

void byte_stream::end_writing(error& why) {
  if (is_tls()) {
    ERR_clear_error();
    SSL_shutdown(session_.get()); // close_notify; the peer's is not waited for
  }
  socket_.shutdown(socket_type::shutdown_send, why);
}

void byte_stream::close() {
  error ignored;
  socket_.close(ignored);
  session_.reset();
}

} // namespace net
