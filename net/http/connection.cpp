#include "net/http/connection.hpp"

#include "net/http/guard.hpp"
#include "net/http/target.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <iterator>
#include <sys/uio.h>
#include <utility>

namespace net::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t read_size = 4'096;
constexpr std::size_t body_read_size = 32'768;
constexpr std::size_t body_pace_min = 1'024; // bytes per second
// A route with larger bodies must not give slow ones more time than all others do.
constexpr std::size_t body_seconds_max = domain::limits::http_body_bytes / body_pace_min;

std::size_t count_fields(const connection::beast_request& r) {
  return static_cast<std::size_t>(std::distance(r.begin(), r.end()));
}

std::string_view code_of(int status) {
  switch (status) {
  case 413:
    return "too_large";
  case 414:
    return "uri_too_long";
  case 417:
    return "expectation_failed";
  case 431:
    return "headers_too_large";
  case 501:
    return "not_implemented";
  case 505:
    return "version_not_supported";
  default:
    return "bad_request";
  }
}

} // namespace

connection::connection(std::shared_ptr<door> owner, byte_stream stream, std::string address)
    : owner_(std::move(owner)), stream_(std::move(stream)), address_(std::move(address)) {
  owner_->add(*this);
}

connection::~connection() {
  if (phase_ != phase::closed)
    owner_->remove(*this);
}

void connection::become(phase next, std::chrono::milliseconds time) {
  phase_ = next;
  deadline_ = time.count() > 0 ? clock::now() + time : clock::time_point::max();
}

std::string_view connection::buffered() const {
  return {static_cast<const char*>(in_.cdata().data()), in_.size()};
}

void connection::start() {
  become(phase::idle, owner_->options_.times.header);
  wait_readable();
}

void connection::close() {
  if (phase_ == phase::closed)
    return;
  phase_ = phase::closed;
  owner_->remove(*this);
  stream_.close();
  if (auto gone = std::exchange(on_gone_, nullptr))
    gone();
}

void connection::check_deadline(clock::time_point now) {
  if (now < deadline_)
    return;
  if (phase_ == phase::head || phase_ == phase::body)
    return refuse(408, "request_timeout", "The request did not come in time");
  if (phase_ == phase::writing) // slow, but it reads: see websocket
    if (const auto left = stream_.unacknowledged(); left < unacknowledged_) {
      unacknowledged_ = left;
      deadline_ = now + owner_->options_.times.write;
      return;
    }
  close();
}

// -- reading --

void connection::wait_readable() {
  if (is_waiting_ || phase_ == phase::closed)
    return;
  is_waiting_ = true;
  stream_.wait_readable([self = shared_from_this()](error_code why) {
    self->is_waiting_ = false;
    self->on_readable(why);
  });
}

void connection::on_readable(error_code why) {
  if (phase_ == phase::closed)
    return;
  if (why)
    return close();
  switch (phase_) {
  case phase::answering:
    return check_gone();
  case phase::lingering:
    return drain();
  case phase::writing:
  case phase::closed:
    return;
  default:
    return read_more();
  }
}

void connection::read_more() {
  error_code why;
  const auto room = in_.prepare(phase_ == phase::body ? body_read_size : read_size);
  const auto n = stream_.read_some({static_cast<char*>(room.data()), room.size()}, why);
  if (why == asio::error::would_block)
    return wait_readable();
  if (why)
    return close();
  in_.commit(n);
  if (phase_ == phase::body) {
    taken_ += n;
    expect_body();
  }
  advance();
}

void connection::advance() {
  if (is_advancing_)
    return;
  is_advancing_ = true;
  while (step()) {
  }
  is_advancing_ = false;
}

bool connection::step() {
  switch (phase_) {
  case phase::idle:
    return step_idle();
  case phase::head:
    return step_head();
  case phase::body:
    return step_body();
  default:
    return false;
  }
}

bool connection::step_idle() {
  auto bytes = buffered();
  if (bytes.starts_with("\r\n")) // RFC 9112 §2.2: an empty line before a request is nothing
    in_.consume(2);
  if (in_.size() == 0) {
    in_ = {};
    wait_readable();
    return false;
  }
  scanned_ = 0;
  become(phase::head, owner_->options_.times.header);
  return true;
}

bool connection::step_head() {
  const auto bytes = buffered();
  const auto end = find_head_end(bytes, scanned_);
  if (end.is_bad) {
    const auto asked = read_bad_origin(bytes, end.bad_at);
    refuse(
      400, "bad_request", "The header block is malformed", asked ? describe(*asked) : request{});
    return false;
  }
  if (end.size == 0) {
    scanned_ = bytes.size();
    if (bytes.size() < domain::limits::http_header_bytes) {
      wait_readable();
      return false;
    }
    if (bytes.find('\n') == std::string_view::npos)
      refuse(414, "uri_too_long", "The target is too long");
    else
      refuse(431, "headers_too_large", "The headers are too large");
    return false;
  }
  return begin_body(end.size);
}

std::size_t connection::body_max_of(std::string_view target) const {
  const auto parts = split_target(target);
  const auto of_route =
    parts ? owner_->options_.table->raw_options_of(parts->path).body_max : std::size_t{0};
  return of_route > 0 ? of_route : owner_->options_.max_body;
}

bool connection::begin_body(std::size_t head_size) {
  began_ = clock::now();
  const auto head = buffered().substr(0, head_size);
  const auto checked = check_head(head, [this](auto to) { return body_max_of(to); });
  if (checked.status != 0) {
    refuse(
      checked.status, code_of(checked.status), checked.reason,
      checked.status == 413 ? describe(read_head(head)) : request{});
    return false;
  }
  parser_ = std::make_unique<request_parser>();
  parser_->header_limit(domain::limits::http_header_bytes);
  parser_->body_limit(checked.body_max);
  body_pace_ = std::max(body_pace_min, checked.body_max / body_seconds_max);
  error_code why;
  const auto used = parser_->put(asio::buffer(in_.cdata().data(), head_size), why);
  if (why || !parser_->is_header_done() || used != head_size) {
    refuse(400, "bad_request", "The header block is malformed");
    return false;
  }
  in_.consume(head_size);
  fields_ = count_fields(parser_->get());
  taken_ = in_.size();
  phase_ = phase::body;
  expect_body();
  if (checked.expects_continue && in_.size() == 0) {
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    const iovec part{const_cast<char*>(go_on.data()), go_on.size()};
    stream_.write_some(&part, 1, why);
    if (why) { // a peer whose window has no room for 25 bytes does not read
      close();
      return false;
    }
  }
  return true;
}

/// More of it soon, and all of it in a time that grows with what came: otherwise a large part sent
/// at once would buy a long silence.
void connection::expect_body() {
  const auto whole =
    began_ + owner_->options_.times.body + std::chrono::seconds{taken_ / body_pace_};
  deadline_ = std::min(whole, clock::now() + domain::limits::http_body_progress_time);
}

bool connection::step_body() {
  error_code why;
  while (!parser_->is_done() && in_.size() > 0) {
    const auto used = parser_->put(in_.cdata(), why);
    in_.consume(used);
    if (why == boost::beast::http::error::need_more) {
      why = {};
      if (used == 0)
        break;
    }
    if (why)
      break;
  }
  if (why == boost::beast::http::error::body_limit) {
    refuse(413, code_of(413), "The body is too large", describe(view_of(parser_->get())));
    return false;
  }
  // Chunks may be small, but extensions that outweigh what they carry are only there to keep us
  // busy.
  const auto framing = taken_ - in_.size();
  const auto carried = parser_->get().body().size();
  const bool is_padded = framing > 8 * carried + domain::limits::http_header_bytes;
  if (why || is_padded || in_.size() > domain::limits::http_header_bytes + body_read_size) {
    refuse(400, "bad_request", "The body is malformed");
    return false;
  }
  if (!parser_->is_done()) {
    wait_readable();
    return false;
  }
  if (count_fields(parser_->get()) != fields_) {
    refuse(400, "bad_request", "Trailers are not accepted");
    return false;
  }
  run();
  return true;
}

} // namespace net::http
