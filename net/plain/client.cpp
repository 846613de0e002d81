#include "net/plain/client.hpp"

#include "actors/node.hpp"
#include "domain/json.hpp"
#include "net/engineio/handshake.hpp"
#include "net/http/upgraded.hpp"
#include "net/json/failure.hpp"
#include "net/json/reader.hpp"
#include "net/opening.hpp"
#include "net/plain/packed_codec.hpp"
#include "net/plain/sub_protocol.hpp"
#include "net/shard.hpp"

#include <caf/all.hpp>

#include <array>
#include <chrono>

namespace net::plain {
namespace {

using domain::close_code;
using std::chrono::steady_clock;

/// RFC 6455 §5.5.2, without payload.
const frame_ptr& ping_frame() {
  static const auto made = [] {
    auto f = std::make_shared<frame>();
    f->bytes.assign("\x89\x00", 2);
    f->header_size = 2;
    return frame_ptr{std::move(f)};
  }();
  return made;
}

close_code close_code_of(domain::errc why) {
  switch (why) {
  case domain::errc::unauthorized:
    return close_code::invalid_token;
  case domain::errc::rate_limited:
    return close_code::too_many_requests;
  case domain::errc::overloaded:
    return close_code::connection_limit;
  default:
    return close_code::internal;
  }
}

} // namespace

plain_client::plain_client(
  services& context, timers& clock, std::shared_ptr<parting_links> parting, encoding format,
  std::string address)
    : net::client{context.home, format, std::move(address)}, context_{context}, clock_{clock},
      parting_{std::move(parting)} {
  set_takes_chunks(true);
}

void plain_client::open(const http::exchange_ptr& e, std::string protocol, std::string token) {
  clock_.arm(*this, steady_clock::now() + context_.config.plain_authenticate_timeout);
  link_ = link::accept(
    home(), parting_, e->take_socket(),
    {.protocol = std::move(protocol),
     .message_bytes_max = context_.config.max_payload,
     .deflate = context_.config.compression},
    this, &queue());
  set_window_bits(link_->window_bits());
  if (!token.empty())
    authenticate(std::move(token), {});
}

// -- signing in --

void plain_client::authenticate(std::string token, std::string id) {
  stage_ = stage::authenticating;
  sign_in(
    std::move(token),
    [weak = weak_from_this(), id = std::move(id)](domain::result<net::client::signed_in> outcome) {
      if (const auto alive = std::static_pointer_cast<plain_client>(weak.lock()))
        alive->on_signed_in(id, std::move(outcome));
    });
}

void plain_client::on_signed_in(
  const std::string& id, domain::result<net::client::signed_in> outcome) {
  if (stage_ != stage::authenticating)
    return;
  if (!outcome) {
    if (!id.empty())
      send(ack(id, actors::make_reply(outcome.error()).json));
    end(close_code_of(outcome.error().code));
    return;
  }
  stage_ = stage::signed_in;
  clock_.arm(*this, steady_clock::now() + context_.config.ping_interval);
  auto who = domain::json_object{};
  if (!id.empty())
    who.boolean("ok", true);
  who.text("sessionId", outcome->session_id).text("userId", user().value);
  if (id.empty())
    on_emit("authenticated", who.take());
  else
    send(ack(id, who.take()));
  if (const auto early = std::move(early_); !early.empty())
    on_message(early, protocol() == encoding::plain_msgpack);
  if (link_ != nullptr && wants_more())
    link_->resume();
}

// -- from the client --

void plain_client::on_message(std::string_view bytes, bool binary) {
  const auto keep = shared_from_this();
  if (stage_ == stage::over)
    return;
  const bool is_packed = protocol() == encoding::plain_msgpack;
  if (binary != is_packed) {
    end(close_code::unsupported);
    return;
  }
  if (stage_ == stage::authenticating) {
    early_ = bytes;
    return;
  }
  const auto asked = is_packed ? decode_packed(bytes) : decode(bytes);
  if (!asked) {
    end(close_code::bad_request);
    return;
  }
  on_request(*asked);
}

void plain_client::on_request(const request& asked) {
  auto command = json::read_command(asked.event, asked.data);
  if (stage_ == stage::fresh) {
    if (asked.event != "authenticate")
      end(close_code::never_authenticated);
    else if (!command)
      end(close_code::invalid_token);
    else
      authenticate(std::move(std::get<domain::renew_token>(*command).token), asked.id);
    return;
  }
  if (!command) {
    answer_request(asked.id, asked.event, command.error());
    return;
  }
  const auto* wire_name = domain::name_of(*command).data(); // a literal
  submit({ref(), asked.id, wire_name}, std::move(*command));
}

void plain_client::answer_request(
  const std::string& id, std::string_view name, const domain::error& why) {
  const auto failed = actors::make_reply(why);
  if (id.empty())
    on_emit("error", json::failure_event(name, failed));
  else
    send(ack(id, failed.json));
}

void plain_client::on_gone(std::uint16_t) {
  const auto keep = shared_from_this();
  disarm();
  stage_ = stage::over;
  link_.reset();
  closed(
    false, "transport close"); // nothing here takes a session over: a new connection resumes by seq
}

void plain_client::on_pong() {
  if (std::exchange(is_waiting_for_pong_, false))
    clock_.arm(*this, steady_clock::now() + context_.config.ping_interval);
}

// -- from the actors --

void plain_client::on_answer(const actors::reply_to& where, const actors::reply& what) {
  if (!where.ack.empty())
    send(ack(where.ack, what.json));
  else if (!what.ok)
    on_emit("error", json::failure_event(where.command, what));
  else if (std::string_view{where.command} == "join-room")
    on_emit("room-joined", what.json);
}

void plain_client::on_emit(std::string_view name, std::string_view data_json) {
  const bool is_packed = protocol() == encoding::plain_msgpack;
  send(is_packed ? encode_packed_event(name, data_json) : encode_event(name, data_json));
}

frame_ptr plain_client::ack(std::string_view id_json, std::string_view data_json) const {
  const bool is_packed = protocol() == encoding::plain_msgpack;
  return is_packed ? encode_packed_ack(id_json, data_json) : encode_ack(id_json, data_json);
}

void plain_client::on_close(close_code why) {
  end(why);
}

void plain_client::flush() {
  if (link_ != nullptr)
    link_->flush();
}

void plain_client::on_resume() {
  if (link_ != nullptr)
    link_->resume();
}

// -- the end --

void plain_client::on_time(domain::steady_time now) {
  const auto keep = shared_from_this();
  if (stage_ != stage::signed_in) {
    end(close_code::never_authenticated);
    return;
  }
  if (is_waiting_for_pong_) {
    end(close_code::no_pong);
    return;
  }
  is_waiting_for_pong_ = true;
  send(ping_frame());
  clock_.arm(*this, now + context_.config.ping_timeout);
}

void plain_client::end(close_code why) {
  if (stage_ == stage::over)
    return;
  const auto keep = shared_from_this();
  stage_ = stage::over;
  disarm();
  if (const auto parted = std::move(link_))
    parted->part(static_cast<std::uint16_t>(why), domain::describe(why).reason);
  closed(false, domain::describe(why).reason);
}

} // namespace net::plain

namespace net {
namespace {

/// RFC 6750 §2.1; the scheme's case does not matter. Empty: no such token.
std::string_view bearer_of(std::string_view header) {
  constexpr std::string_view scheme = "bearer ";
  if (header.size() <= scheme.size())
    return {};
  for (std::size_t i = 0; i < scheme.size(); ++i)
    if ((header[i] | 0x20) != scheme[i])
      return {};
  return header.substr(scheme.size());
}

/// What the plain clients of one shard share. The parting links go last.
struct plain_door {
  explicit plain_door(services& s) : context{s}, clock{s.home.io(), s.home.deadlines} {}

  void handle(const http::exchange_ptr& e) {
    const auto& asked = e->req();
    if (const auto status = check_opening(asked); status != 0) {
      refuse_opening(e, status, "A WebSocket handshake is expected here");
      return;
    }
    for (const auto* name : {"token", "access_token", "accessToken", "authorization"})
      if (!asked.parameter(name).empty()) {
        refuse_opening(e, 400, "A token does not belong into a URL: it would be logged on its way");
        return;
      }
    if (!engineio::is_allowed_origin(
          asked.header("Origin"), asked.header("Host"), context.config.cors_origins)) {
      refuse_opening(e, 403, "This origin is not allowed");
      return;
    }
    const auto chosen = plain::choose_sub_protocol(asked);
    if (!chosen) {
      refuse_opening(e, 400, plain::unknown_sub_protocol);
      return;
    }
    std::string token{bearer_of(asked.header("Authorization"))};
    const auto made =
      std::make_shared<plain::plain_client>(context, clock, parting, chosen->format, asked.address);
    context.home.attach(made);
    made->open(e, chosen->name, std::move(token));
  }

  services& context;
  timers clock;
  std::shared_ptr<parting_links> parting = std::make_shared<parting_links>();
};

} // namespace

void add_plain(http::routes& routes, services& s) {
  const auto door = std::make_shared<plain_door>(s);
  routes.raw("/ws", [door](const http::exchange_ptr& e) { door->handle(e); });
}

} // namespace net
