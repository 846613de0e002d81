#include "net/engineio/session.hpp"

#include "net/http/content_coding.hpp"
#include "net/http/upgraded.hpp"
#include "net/shard.hpp"
#include "net/utf8.hpp"

#include <algorithm>
#include <utility>

namespace net::engineio {
namespace {

using std::chrono::steady_clock;

constexpr auto never = domain::steady_time::max();
constexpr std::chrono::milliseconds noop_interval{100};
constexpr std::chrono::seconds last_words_time{30};

constexpr auto code_of(domain::close_code code) {
  return static_cast<std::uint16_t>(code);
}

const frame_ptr& ping_frame() {
  static const auto made = make_text_frame("2");
  return made;
}

} // namespace

/// The WebSocket that a polling session may move to. Whatever goes wrong here does not touch the
/// session.
struct session::candidate final : websocket::handler {
  explicit candidate(session& s) : owner(s) {}

  void on_open() override {}
  void on_message(std::string_view bytes, bool binary) override {
    const auto keep = owner.self();
    if (!binary && !is_probed && bytes == "2probe") {
      is_probed = true;
      noop_at = steady_clock::now() + noop_interval;
      socket->send(make_text_frame("3probe"));
      owner.arm();
    } else if (!binary && is_probed && bytes == "5") {
      owner.finish_upgrade();
    } else {
      owner.drop_candidate();
    }
  }
  void on_gone(std::uint16_t) override {
    const auto keep = owner.self();
    owner.drop_candidate();
  }
  void on_dirty() override {} // the link flushes its own queue by itself
  bool wants_more() override { return true; }

  session& owner;
  std::shared_ptr<link> socket;
  bool is_probed = false;
  domain::steady_time ends_at = never;
  domain::steady_time noop_at = never;
};

session::session(environment& shared, std::string sid, write_queue& queue)
    : shared_{shared}, sid_{std::move(sid)}, queue_{queue} {}

session::~session() = default;

void session::open(const http::exchange_ptr& first) {
  const auto keep = self();
  heartbeat_at_ = steady_clock::now() + shared_.limits.ping_interval;
  arm();
  if (first->req().is_upgrade) {
    transport_ = transport::websocket;
    link_ = open_link(first, this, &queue_);
    on_websocket();
    return;
  }
  respond(
    first, shared_.origins, 200, "text/plain; charset=UTF-8",
    open_packet(sid_, true, shared_.limits));
}

void session::on_open() {
  send(make_text_frame(open_packet(sid_, false, shared_.limits)));
}

void session::on_request(const http::exchange_ptr& e) {
  const auto keep = self();
  if (e->req().is_upgrade)
    on_upgrade(e);
  else if (e->req().method == "GET")
    on_get(e);
  else if (e->req().method == "POST")
    on_post(e);
  else
    respond(e, shared_.origins, 405, "text/plain; charset=UTF-8", "");
}

// -- polling --

void session::on_get(const http::exchange_ptr& e) {
  if (is_over_) {
    answer_poll(e, std::move(last_words_));
    disarm();
    shared_.forget(sid_);
    return;
  }
  if (get_ != nullptr) {
    respond(e, shared_.origins, 400, "text/plain; charset=UTF-8", "");
    fail("transport error", domain::close_code::bad_request);
    return;
  }
  get_ = e;
  if (!queue_.empty()) {
    end_get({});
    mark_dirty(); // the backlog is gone: what was dropped can be told
    return;
  }
  e->on_abort([weak = std::weak_ptr<session>{self()}, asked = e.get()] {
    const auto s = weak.lock();
    if (s == nullptr || s->get_.get() != asked)
      return;
    s->get_.reset();
    s->fail("transport error", domain::close_code::going_away);
  });
}

void session::end_get(std::string_view packet) {
  auto body = take_payload();
  if (!packet.empty()) {
    if (!body.empty())
      body.push_back(separator);
    body.append(packet);
  }
  answer_poll(std::exchange(get_, nullptr), std::move(body));
}

void session::answer_poll(const http::exchange_ptr& e, std::string body) {
  auto answer =
    make_answer(e->req(), shared_.origins, 200, "text/plain; charset=UTF-8", std::move(body));
  if (shared_.limits.compression)
    http::encode_body(e->req(), answer);
  e->respond(std::move(answer));
}

std::string session::take_payload() {
  std::string body;
  body.reserve(queue_.bytes());
  while (!queue_.empty())
    append_to_payload(body, *queue_.pop());
  return body;
}

void session::on_post(const http::exchange_ptr& e) {
  const auto& asked = e->req();
  const auto answer = [&](int status) {
    respond(e, shared_.origins, status, "text/html", status == 200 ? "ok" : "");
  };
  if (is_over_) {
    answer(200);
    if (asked.body == "1")
      shared_.forget(sid_);
    return;
  }
  if (post_ != nullptr || asked.header("Content-Type").starts_with("application/octet-stream")) {
    answer(400);
    fail("transport error", domain::close_code::bad_request);
    return;
  }
  if (asked.body.size() > shared_.limits.max_payload) {
    answer(413);
    return;
  }
  if (!is_utf8(asked.body)) {
    answer(400);
    fail("parse error", domain::close_code::bad_payload);
    return;
  }
  post_ = e;
  body_ = std::make_unique<payload_reader>(asked.body);
  read_body();
}

/// Goes on where it stopped for want of credits; the client sends no other body before this one is
/// answered.
void session::read_body() {
  auto e = std::move(post_);
  auto body = std::move(body_);
  while (!is_over_ && wants_input()) {
    const auto p = body->next();
    if (!p)
      break;
    on_packet(*p);
  }
  if (!is_over_ && !wants_input()) {
    post_ = std::move(e);
    body_ = std::move(body);
    return;
  }
  const bool is_broken = body->is_broken();
  respond(e, shared_.origins, is_broken ? 400 : 200, "text/html", is_broken ? "" : "ok");
  if (is_broken)
    fail("parse error", domain::close_code::bad_request);
}

// -- WebSocket --

std::shared_ptr<link>
session::open_link(const http::exchange_ptr& e, websocket::handler* user, write_queue* queue) {
  return link::accept(
    shared_.home, shared_.parting, e->take_socket(),
    {.protocol = {},
     .message_bytes_max = shared_.limits.max_payload,
     .deflate = shared_.limits.compression},
    user, queue);
}

void session::on_upgrade(const http::exchange_ptr& e) {
  if (is_over_ || transport_ == transport::websocket || candidate_ != nullptr) {
    open_link(e, nullptr, nullptr)->part(code_of(domain::close_code::normal), "");
    return;
  }
  candidate_ = std::make_unique<candidate>(*this);
  candidate_->ends_at = steady_clock::now() + shared_.limits.upgrade_timeout;
  candidate_->socket = open_link(e, candidate_.get(), nullptr);
  arm();
}

void session::finish_upgrade() {
  const auto done = std::move(candidate_);
  if (get_ != nullptr)
    answer_poll(std::exchange(get_, nullptr), "6");
  link_ = done->socket;
  transport_ = transport::websocket;
  link_->give_to(this, queue_);
  on_websocket();
  mark_dirty();
  arm();
}

void session::drop_candidate() {
  const auto dropped = std::move(candidate_);
  if (dropped == nullptr)
    return;
  if (dropped->socket != nullptr)
    dropped->socket->part(code_of(domain::close_code::normal), "");
  arm();
}

void session::on_message(std::string_view bytes, bool binary) {
  const auto keep = self();
  if (is_over_)
    return;
  std::string storage;
  const auto p = binary ? packet{packet_type::message, true, bytes} : decode(bytes, storage);
  if (p)
    on_packet(*p);
  else
    fail("parse error", domain::close_code::bad_request);
}

void session::on_gone(std::uint16_t code) {
  const auto keep = self();
  // Stock clients close without a code, whatever they mean to do next.
  fail("transport close", domain::close_code::normal, code == code_of(domain::close_code::normal));
}

// -- both --

void session::on_packet(const packet& p) {
  switch (p.type) {
  case packet_type::message:
    on_data(p.data, p.binary);
    return;
  case packet_type::pong:
    if (std::exchange(is_waiting_for_pong_, false)) {
      heartbeat_at_ = steady_clock::now() + shared_.limits.ping_interval;
      arm();
    }
    return;
  case packet_type::ping: // the server's to send
    fail("transport error", domain::close_code::bad_request);
    return;
  case packet_type::close:
    if (get_ != nullptr)
      end_get("6");
    // Over polling it is all that a stock client can say, also when it comes back at once.
    fail("transport close", domain::close_code::normal, transport_ == transport::websocket);
    return;
  case packet_type::open:
  case packet_type::upgrade:
  case packet_type::noop:
    return;
  }
}

void session::flush_transport() {
  if (link_ != nullptr)
    link_->flush();
  else if (get_ != nullptr && !queue_.empty())
    end_get({});
}

bool session::is_writable() const {
  if (is_over_)
    return false;
  return transport_ == transport::polling ? get_ != nullptr
                                          : link_ != nullptr && !link_->is_blocked();
}

void session::catch_up() {
  if (const auto now = steady_clock::now(); !is_over_ && now >= heartbeat_at_)
    on_time(now);
}

void session::resume_transport() {
  const auto keep = self();
  if (post_ != nullptr)
    read_body();
  if (link_ != nullptr)
    link_->resume();
}

void session::close(std::uint16_t code, std::string_view reason) {
  if (is_over_)
    return;
  const auto keep = self();
  if (transport_ == transport::websocket) {
    end(reason, code);
    shared_.forget(sid_);
    return;
  }
  if (get_ != nullptr) {
    end_get("1");
    end(reason, code);
    shared_.forget(sid_);
    return;
  }
  last_words_ = take_payload();
  last_words_ += last_words_.empty() ? "6\x1e"
                                       "1"
                                     : "\x1e"
                                       "6\x1e"
                                       "1";
  end(reason, code);
  forget_at_ = steady_clock::now() + last_words_time;
  arm();
}

void session::fail(std::string_view reason, domain::close_code code, bool is_final) {
  if (is_over_)
    return;
  const auto keep = self();
  if (get_ != nullptr)
    end_get("1");
  end(reason, code_of(code), is_final);
  shared_.forget(sid_);
}

void session::end(std::string_view reason, std::uint16_t code, bool is_final) {
  is_over_ = true;
  heartbeat_at_ = user_at_ = never;
  drop_candidate();
  disarm();
  body_.reset();
  if (const auto held = std::exchange(post_, nullptr))
    respond(held, shared_.origins, 400, "text/html", "");
  if (const auto parted = std::move(link_))
    parted->part(code, reason);
  on_closed(reason, is_final);
}

void session::abandon() {
  is_over_ = true;
  disarm();
  candidate_.reset();
  link_.reset();
  get_.reset();
  post_.reset();
}

void session::set_deadline(domain::steady_time at) {
  user_at_ = at;
  arm();
}

void session::arm() {
  auto next = std::min({heartbeat_at_, user_at_, forget_at_});
  if (candidate_ != nullptr)
    next = std::min({next, candidate_->ends_at, candidate_->noop_at});
  if (next == never)
    disarm();
  else
    shared_.clock.arm(*this, next);
}

void session::on_time(domain::steady_time now) {
  const auto keep = self();
  if (now >= forget_at_) {
    forget_at_ = never;
    shared_.forget(sid_);
    return;
  }
  if (candidate_ != nullptr && now >= candidate_->ends_at)
    drop_candidate();
  if (candidate_ != nullptr && now >= candidate_->noop_at) {
    candidate_->noop_at = now + noop_interval;
    if (get_ != nullptr)
      end_get("6");
  }
  if (now >= user_at_) {
    user_at_ = never;
    on_deadline();
  }
  if (!is_over_ && now >= heartbeat_at_) {
    if (is_waiting_for_pong_) {
      fail("ping timeout", domain::close_code::no_pong);
      return;
    }
    is_waiting_for_pong_ = true;
    // From when the ping was due, so that the steps of the wheel do not add up; from now when this
    // thread was late for another reason, which is not the client's fault.
    heartbeat_at_ =
      std::max(heartbeat_at_, now - 2 * timer_wheel::tick) + shared_.limits.ping_timeout;
    send(ping_frame());
  }
  arm();
}

http::response make_answer(
  const http::request& asked, const std::vector<std::string>& origins, int status, std::string type,
  std::string body) {
  http::response answer;
  answer.status = status;
  answer.content_type = std::move(type);
  answer.headers = cors_headers(asked.header("Origin"), asked.header("Host"), origins);
  answer.headers.emplace_back("Cache-Control", "no-store");
  if (status == 405)
    answer.headers.emplace_back("Allow", "GET, POST, OPTIONS");
  answer.body = std::move(body);
  return answer;
}

void respond(
  const http::exchange_ptr& e, const std::vector<std::string>& origins, int status,
  std::string type, std::string body) {
  e->respond(make_answer(e->req(), origins, status, std::move(type), std::move(body)));
}

} // namespace net::engineio
