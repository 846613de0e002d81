#include "net/listener.hpp"

#include <sys/socket.h>

namespace net {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr int backlog = 4'096;
constexpr auto out_of_descriptors_pause = std::chrono::milliseconds{100};

} // namespace

listener::listener(boost::asio::io_context& io, accepted then)
    : acceptor_(io), pause_(io), then_(std::move(then)) {}

void listener::open(const std::string& address, std::uint16_t port) {
  tcp::endpoint where{boost::asio::ip::make_address(address), port};
  acceptor_.open(where.protocol());
  acceptor_.set_option(tcp::acceptor::reuse_address{true});
  int yes = 1;
  ::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
  acceptor_.bind(where);
  acceptor_.listen(backlog);
}

std::uint16_t listener::port() const {
  return acceptor_.local_endpoint().port();
}

void listener::start() {
  accept();
}

void listener::close() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

void listener::accept() {
  acceptor_.async_accept([self = shared_from_this()](error_code failed, tcp::socket socket) {
    if (failed == boost::asio::error::operation_aborted || !self->acceptor_.is_open())
      return;
    if (failed) { // out of descriptors: let some close before trying again
      self->pause_.expires_after(out_of_descriptors_pause);
      self->pause_.async_wait([self](error_code cancelled) {
        if (!cancelled)
          self->accept();
      });
      return;
    }
    error_code gone;
    auto peer = socket.remote_endpoint(gone);
    if (!gone) {
      socket.non_blocking(true, gone);
      self->then_(std::move(socket), peer.address().to_string());
    }
    self->accept();
  });
}

} // namespace net
