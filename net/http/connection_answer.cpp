// What follows a whole request: its answer, the way back to idle, and the ways out.
#include "net/http/connection.hpp"
#include "net/http/guard.hpp"
#include "net/http/live_exchange.hpp"
#include "net/http/response.hpp"
#include "net/http/stream.hpp"
#include "net/http/target.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <array>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

namespace net::http {

namespace asio = boost::asio;
using boost::system::error_code;

struct moved_connection {
  explicit moved_connection(int fd) : descriptor(fd) {}
  moved_connection(moved_connection&& other) noexcept
      : descriptor(std::exchange(other.descriptor, -1)), protocol(other.protocol),
        session(std::move(other.session)), what(std::move(other.what)),
        handshake(std::move(other.handshake)), leftover(std::move(other.leftover)),
        keep_alive(other.keep_alive) {}
  ~moved_connection() {
    if (descriptor >= 0)
      ::close(descriptor);
  }

  int descriptor;
  asio::ip::tcp protocol = asio::ip::tcp::v4();
  tls_session session; // bound to the descriptor, whoever owns that
  request what;
  std::unique_ptr<connection::beast_request> handshake;
  std::string leftover;
  bool keep_alive = true;
};

namespace {

constexpr std::size_t drain_size = 32'768;
constexpr std::size_t linger_bytes_max = 16u << 20;
constexpr std::size_t request_id_size_max = 128;

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= request_id_size_max
         && std::all_of(text.begin(), text.end(), [](char c) {
              return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                     || c == '.' || c == '_' || c == '-';
            });
}

iovec part_of(std::string_view bytes) {
  return {const_cast<char*>(bytes.data()), bytes.size()};
}

bool is_websocket_handshake(const request& r) {
  return r.method == "GET" && has_token(r.header("Upgrade"), "websocket")
         && has_token(r.header("Connection"), "upgrade");
}

} // namespace

// -- answering --

head_view connection::view_of(const beast_request& message) {
  head_view out{message.method_string(), message.target(), {}};
  for (const auto& field : message)
    out.fields.emplace_back(field.name_string(), field.value());
  return out;
}

/// A request without its body; without a path when the target is malformed.
request connection::describe(const head_view& head) const {
  request r;
  r.method = head.method;
  r.target = head.target;
  r.address = address_;
  r.headers.reserve(head.fields.size());
  for (const auto& [name, value] : head.fields)
    r.headers.emplace_back(name, value);
  const auto given = r.header("X-Request-Id");
  r.request_id = is_request_id(given) ? std::string{given} : owner_->next_request_id();
  if (auto parts = split_target(r.target)) {
    r.path = std::move(parts->path);
    r.query = std::move(parts->query);
  }
  r.is_upgrade = is_websocket_handshake(r);
  return r;
}

void connection::run() {
  auto message = std::make_unique<beast_request>(parser_->release());
  parser_.reset();
  keep_alive_ = message->keep_alive();
  auto r = describe(view_of(*message));
  r.body = std::move(message->body());
  is_head_ = r.method == "HEAD";
  if (r.path.empty()) {
    phase_ = phase::answering;
    keep_alive_ = false;
    return answer(error_response(r, 400, "bad_request", "The target is malformed"), r);
  }
  r.is_upgrade = r.is_upgrade && message->version() == 11;
  if (!r.is_upgrade)
    message.reset();
  dispatch(std::move(r), std::move(message));
}

void connection::dispatch(request what, std::unique_ptr<beast_request> handshake) {
  become(phase::answering, std::chrono::milliseconds{0});
  const auto e =
    std::make_shared<live_exchange>(shared_from_this(), std::move(what), std::move(handshake));
  try {
    owner_->options_.table->dispatch(e);
  } catch (const std::exception& why) {
    if (owner_->options_.log != nullptr)
      owner_->options_.log->error("http-handler-threw", {{"what", std::string_view{why.what()}}});
    e->fail({domain::errc::internal, "", {}, {}});
  }
}

void connection::watch(std::function<void()> on_gone) {
  on_gone_ = std::move(on_gone);
  wait_readable();
}

void connection::check_gone() {
  if (!on_gone_)
    return;
  bool would_block = false;
  if (stream_.is_gone(would_block))
    return close();
  if (would_block)
    wait_readable();
  // otherwise a pipelined request waits: the peer is there, and its end will show after the answer
}

/// `what`: as far as it may be read.
void connection::refuse(int status, std::string_view code, std::string_view message, request what) {
  if (what.request_id.empty()) {
    what.request_id = owner_->next_request_id();
    what.address = address_;
  }
  parser_.reset();
  keep_alive_ = false;
  is_head_ = false;
  phase_ = phase::answering;
  const auto& own = owner_->options_.table->raw_options_of(what.path).refuse;
  answer(own ? own(what, status) : error_response(what, status, code, message), what);
}

void connection::answer(response r, const request& to) {
  if (phase_ != phase::answering)
    return;
  on_gone_ = nullptr;
  const auto& o = owner_->options_;
  keep_alive_ = keep_alive_ && !r.close
                && (o.is_draining == nullptr || !o.is_draining->load(std::memory_order_relaxed));
  const auto size = r.shared_body ? r.shared_body->size() : r.body.size();
  out_head_ = render_head(r, size, keep_alive_, to.request_id);
  if (!is_head_ && r.status != 204 && r.status != 304) {
    out_body_ = std::move(r.body);
    out_shared_ = std::move(r.shared_body);
  }
  sent_ = 0;
  report(r.status, to);
  phase_ = phase::writing;
  write_out();
}

void connection::report(int status, const request& to) {
  const auto& o = owner_->options_;
  const auto row = static_cast<std::size_t>(std::clamp(status, 0, 599));
  owner_->stats_.answers[row].fetch_add(1, std::memory_order_relaxed);
  const auto level = status >= 500                 ? domain::log_level::warn
                     : to.path.starts_with("/api") ? domain::log_level::info
                                                   : domain::log_level::debug;
  if (o.log != nullptr && o.log->enabled(level)) {
    const std::chrono::duration<double, std::milli> took = clock::now() - began_;
    o.log->write(
      level, "http-request",
      {{"method", std::string_view{to.method}},
       {"path", std::string_view{to.path}},
       {"status", std::int64_t{status}},
       {"ms", took.count()},
       {"requestId", std::string_view{to.request_id}},
       {"address", std::string_view{to.address}},
       {"user", to.who ? std::string_view{to.who->user.value} : std::string_view{}}});
  }
}

// -- writing --

void connection::write_out() {
  const std::string_view body =
    out_shared_ ? std::string_view{*out_shared_} : std::string_view{out_body_};
  while (sent_ < out_head_.size() + body.size()) {
    const auto head_left = std::string_view{out_head_}.substr(std::min(sent_, out_head_.size()));
    const auto body_left = body.substr(sent_ > out_head_.size() ? sent_ - out_head_.size() : 0);
    const std::array<iovec, 2> both{part_of(head_left), part_of(body_left)};
    error_code why;
    sent_ += stream_.write_some(both.data(), both.size(), why);
    if (why == asio::error::would_block) {
      unacknowledged_ = stream_.unacknowledged();
      deadline_ = clock::now() + owner_->options_.times.write;
      stream_.wait_writable([self = shared_from_this()](error_code failed) {
        if (self->phase_ != phase::writing)
          return;
        if (failed)
          return self->close();
        self->write_out();
      });
      return;
    }
    if (why)
      return close();
  }
  written();
}

void connection::written() {
  out_head_ = {};
  out_body_ = {};
  out_shared_.reset();
  if (!keep_alive_)
    return linger();
  become(phase::idle, owner_->options_.times.idle);
  advance();
}

void connection::linger() {
  // Closing at once with bytes unread makes the kernel send a reset, which can destroy the answer
  // on its way.
  error_code ignored;
  stream_.end_writing(ignored);
  become(phase::lingering, owner_->options_.times.linger);
  in_ = {};
  taken_ = 0;
  wait_readable();
}

void connection::drain() {
  std::array<char, drain_size> nowhere;
  error_code why;
  taken_ += stream_.read_some(nowhere, why);
  if ((why && why != asio::error::would_block) || taken_ > linger_bytes_max)
    return close();
  wait_readable();
}

// -- leaving --

void connection::start(moved_connection from) {
  keep_alive_ = from.keep_alive;
  is_head_ = from.what.method == "HEAD";
  began_ = clock::now();
  const auto bytes = in_.prepare(from.leftover.size());
  asio::buffer_copy(bytes, asio::buffer(from.leftover));
  in_.commit(from.leftover.size());
  dispatch(std::move(from.what), std::move(from.handshake));
}

bool connection::hand_over(
  std::uint32_t shard_index, request what, std::unique_ptr<beast_request> handshake) {
  if (phase_ != phase::answering || !owner_->options_.reach)
    return false;
  error_code why;
  const auto protocol = stream_.socket().local_endpoint(why).protocol();
  auto moved = std::make_shared<moved_connection>(-1);
  moved->protocol = protocol;
  moved->what = std::move(what);
  moved->what.who.reset();
  moved->handshake = std::move(handshake);
  moved->leftover = std::string{buffered()};
  moved->keep_alive = keep_alive_;
  moved->descriptor = stream_.socket().release(why); // off this shard's reactor
  if (why)
    return false;
  moved->session = stream_.take_session();
  const bool is_there = owner_->options_.reach(shard_index, [moved](door& other) {
    asio::ip::tcp::socket socket{
      other.config().io, moved->protocol, std::exchange(moved->descriptor, -1)};
    auto address = moved->what.address;
    std::make_shared<connection>(
      other.shared_from_this(), byte_stream{std::move(socket), std::move(moved->session)},
      std::move(address))
      ->start(std::move(*moved));
  });
  if (is_there) {
    close();
    return true;
  }
  boost::asio::ip::tcp::socket back{
    owner_->options_.io, protocol, std::exchange(moved->descriptor, -1)};
  stream_ = byte_stream{std::move(back), std::move(moved->session)};
  return false;
}

/// The socket goes to somebody else.
void connection::let_go() {
  phase_ = phase::closed;
  on_gone_ = nullptr;
  owner_->remove(*this);
  error_code ignored;
  if (is_waiting_)
    stream_.socket().cancel(ignored);
}

std::unique_ptr<streamed> connection::take_stream(const response& head, const request& to) {
  if (phase_ != phase::answering)
    return nullptr;
  report(head.status, to);
  let_go();
  auto text = render_stream_head(head, to.request_id);
  return std::make_unique<streamed>(streamed{std::move(stream_), std::move(text)});
}

std::unique_ptr<upgraded> connection::take_socket(std::unique_ptr<beast_request> handshake) {
  if (phase_ != phase::answering)
    return nullptr;
  let_go();
  return std::unique_ptr<upgraded>{
    new upgraded{std::move(stream_), std::move(*handshake), std::string{buffered()}}};
}

} // namespace net::http
