#include "net/http/door.hpp"

#include "net/http/connection.hpp"
#include "net/tls.hpp"

namespace net::http {

door::door(options o) : options_(std::move(o)), timer_(options_.io) {}

door::~door() = default;

void door::serve(boost::asio::ip::tcp::socket socket, std::string address) {
  tls_session session;
  if (options_.secured != nullptr) {
    session = options_.secured->accept(socket.native_handle());
    if (session == nullptr)
      return;
  }
  std::make_shared<connection>(
    shared_from_this(), byte_stream{std::move(socket), std::move(session)}, std::move(address))
    ->start();
}

void door::close_all() {
  while (first_ != nullptr)
    first_->shared_from_this()->close();
  timer_.cancel();
}

void door::add(connection& c) {
  c.next_ = first_;
  if (first_ != nullptr)
    first_->previous_ = &c;
  first_ = &c;
  ++live_;
  if (options_.live != nullptr)
    options_.live->fetch_add(1, std::memory_order_relaxed);
  arm();
}

void door::remove(connection& c) {
  if (c.next_ != nullptr)
    c.next_->previous_ = c.previous_;
  if (c.previous_ != nullptr)
    c.previous_->next_ = c.next_;
  else
    first_ = c.next_;
  --live_;
  if (options_.live != nullptr)
    options_.live->fetch_sub(1, std::memory_order_relaxed);
}

void door::arm() {
  if (is_armed_ || first_ == nullptr) // without connections a node sleeps
    return;
  is_armed_ = true;
  timer_.expires_after(options_.times.sweep);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code why) {
    const auto self = weak.lock();
    if (!self)
      return;
    self->is_armed_ = false;
    if (!why)
      self->sweep();
  });
}

void door::sweep() {
  const auto now = connection::clock::now();
  for (auto* c = first_; c != nullptr;) {
    if (c->deadline_ > now) {
      c = c->next_;
      continue;
    }
    const auto alive = c->shared_from_this();
    c->check_deadline(now);
    c = alive->next_;
  }
  arm();
}

std::string door::next_request_id() {
  return options_.id_prefix + std::to_string(++requests_);
}

} // namespace net::http
