#include "net/http/live_exchange.hpp"

#include "net/http/response.hpp"
#include "net/http/stream.hpp"

#include <boost/asio/post.hpp>

namespace net::http {

live_exchange::live_exchange(
  std::shared_ptr<connection> link, request what,
  std::unique_ptr<connection::beast_request> handshake)
    : link_(std::move(link)), handshake_(std::move(handshake)) {
  request_ = std::move(what);
}

live_exchange::~live_exchange() {
  if (is_answered_)
    return;
  // Dropped: nobody will answer. Posted, because the last reference may fall anywhere.
  auto r = error_response(
    request_,
    domain::error{
      domain::errc::unavailable, "The request was not answered", {}, std::chrono::seconds{1}});
  auto& io = link_->owner().config().io;
  boost::asio::post(
    io, [link = std::move(link_), r = std::move(r), to = std::move(request_)]() mutable {
      link->answer(std::move(r), to);
    });
}

shard& live_exchange::home() {
  return *link_->owner().config().home;
}

void live_exchange::respond(response r) {
  if (is_answered_)
    return;
  is_answered_ = true;
  if (!filter_)
    return send(std::move(r));
  const auto filter = std::move(filter_);
  filter(std::move(r), [self = shared_from_this()](response out) { self->send(std::move(out)); });
}

void live_exchange::send(response r) {
  for (auto& field : reply_headers_)
    r.headers.push_back(std::move(field));
  reply_headers_.clear();
  link_->answer(std::move(r), request_);
}

void live_exchange::fail(const domain::error& why) {
  respond(error_response(request_, why));
}

void live_exchange::on_abort(std::function<void()> f) {
  if (!is_answered_)
    link_->watch(std::move(f));
}

void live_exchange::hand_over(std::uint32_t shard_index) {
  if (is_answered_)
    return;
  if (link_->hand_over(shard_index, request_, std::move(handshake_)))
    is_answered_ = true;
  else
    fail(
      {domain::errc::unavailable,
       "The other part of this server is not there",
       {},
       std::chrono::seconds{1}});
}

std::unique_ptr<upgraded> live_exchange::take_socket() {
  if (is_answered_ || !handshake_)
    return nullptr;
  is_answered_ = true;
  return link_->take_socket(std::move(handshake_));
}

std::unique_ptr<streamed> live_exchange::take_stream(response head) {
  if (is_answered_)
    return nullptr;
  is_answered_ = true;
  for (auto& field : reply_headers_)
    head.headers.push_back(std::move(field));
  reply_headers_.clear();
  return link_->take_stream(head, request_);
}

} // namespace net::http
