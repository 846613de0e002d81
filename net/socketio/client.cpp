#include "net/socketio/client.hpp"

#include "actors/node.hpp"
#include "domain/limits.hpp"
#include "net/engineio/server.hpp"
#include "net/json/failure.hpp"
#include "net/json/reader.hpp"
#include "net/shard.hpp"
#include "net/socketio/encoder.hpp"

#include <caf/all.hpp>

#include <chrono>

namespace net::socketio {
namespace {

using domain::delivery_class;

/// A member that is a string, or nothing.
std::string text_of(const packet& p, const char* key) {
  if (!p.has_data)
    return {};
  const auto at = p.data.FindMember(key);
  if (at == p.data.MemberEnd() || !at->value.IsString())
    return {};
  return {at->value.GetString(), at->value.GetStringLength()};
}

domain::steady_time now() {
  return std::chrono::steady_clock::now();
}

} // namespace

socketio_client::socketio_client(
  services& context, engineio::environment& shared, std::string sid, std::string address)
    : net::client{context.home, encoding::socketio, std::move(address)},
      engineio::session{shared, std::move(sid), queue()}, context_{context},
      decoder_{shared.limits.max_payload} {}

std::shared_ptr<engineio::session> socketio_client::self() {
  return std::static_pointer_cast<socketio_client>(shared_from_this());
}

void socketio_client::wait_for_connect() {
  set_deadline(now() + context_.config.connect_timeout);
}

// -- from the actors --

void socketio_client::on_answer(const actors::reply_to& where, const actors::reply& what) {
  if (!where.ack.empty())
    send(encode_ack(where.ack, what.json));
  else if (!what.ok)
    on_emit("error", json::failure_event(where.command, what));
  else if (std::string_view{where.command} == "join-room")
    on_emit("room-joined", what.json);
}

void socketio_client::on_emit(std::string_view name, std::string_view data_json) {
  send(encode_event(name, data_json, {}));
}

void socketio_client::on_close(domain::close_code why) {
  const auto& row = domain::describe(why);
  if (!row.reconnect) {
    is_final_ = true;
    // A client told so stays away; one whose transport merely goes comes back by itself.
    if (stage_ == stage::connected)
      send(encode_disconnect());
  }
  close(static_cast<std::uint16_t>(why), row.reason);
}

// -- from the engine --

void socketio_client::send(const frame_ptr& packet) {
  enqueue(packet, delivery_class::ephemeral);
}

void socketio_client::on_closed(std::string_view reason, bool is_final) {
  closed(!is_final && !is_final_ && reason != "parse error");
}

void socketio_client::on_deadline() {
  close(static_cast<std::uint16_t>(domain::close_code::never_authenticated), "transport close");
}

void socketio_client::close_broken() {
  close(static_cast<std::uint16_t>(domain::close_code::bad_request), "forced close");
}

void socketio_client::on_data(std::string_view bytes, bool binary) {
  packet made;
  switch (binary ? decoder_.on_binary(bytes, made) : decoder_.on_text(bytes, made)) {
  case decoder::outcome::more:
    return;
  case decoder::outcome::invalid:
    close_broken();
    return;
  case decoder::outcome::complete:
    on_packet(made);
    return;
  }
}

void socketio_client::on_packet(packet& p) {
  if (p.type == packet_type::connect) {
    on_connect(p);
    return;
  }
  const bool is_joined = stage_ == stage::connected && p.nsp == "/";
  if (!is_joined || p.type == packet_type::connect_error) {
    close_broken();
    return;
  }
  if (p.type == packet_type::disconnect) {
    sign_out();
    stage_ = stage::fresh;
    wait_for_connect();
    return;
  }
  // An acknowledgement answers nothing here: the server asks for none.
  if (p.has_data && (p.type == packet_type::event || p.type == packet_type::binary_event))
    on_event(p);
}

void socketio_client::on_connect(const packet& p) {
  if (p.nsp != "/") {
    refuse(p.nsp, "Invalid namespace");
    return;
  }
  if (stage_ != stage::fresh) {
    close_broken();
    return;
  }
  auto token = text_of(p, "token");
  if (token.empty()) {
    refuse("/", "Authentication required");
    return;
  }
  if (token.size() > domain::limits::token_bytes) {
    refuse("/", "Authentication failed");
    return;
  }
  stage_ = stage::connecting;
  auto done = [weak = weak_from_this()](domain::result<signed_in> outcome) {
    if (const auto alive = std::static_pointer_cast<socketio_client>(weak.lock()))
      alive->on_signed_in(std::move(outcome));
  };
  if (auto pid = text_of(p, "pid"); !pid.empty())
    recover(std::move(token), std::move(pid), text_of(p, "offset"), std::move(done));
  else
    sign_in(std::move(token), std::move(done));
}

void socketio_client::on_signed_in(domain::result<signed_in> outcome) {
  if (is_over())
    return;
  if (outcome) {
    stage_ = stage::connected;
    set_deadline(domain::steady_time::max());
    // Missed packets first: the client keeps them until it knows that it is connected.
    for (const auto& missed : outcome->missed)
      enqueue(missed, delivery_class::durable);
    send(encode_connected(outcome->session_id, outcome->pid));
    return;
  }
  stage_ = stage::fresh;
  const auto& why = outcome.error();
  if (why.code == domain::errc::unauthorized)
    refuse("/", "Authentication failed");
  else
    refuse("/", why.message, actors::error_json(why));
}

void socketio_client::refuse(
  std::string_view nsp, std::string_view message, std::string_view data_json) {
  send(encode_refused(nsp, message, data_json));
}

void socketio_client::on_event(const packet& p) {
  const auto ack = p.id ? std::to_string(*p.id) : std::string{};
  const auto& event = p.data[0];
  const std::string name =
    event.IsString() ? std::string{event.GetString(), event.GetStringLength()} : json::write(event);
  if (p.type == packet_type::binary_event) {
    fail_command(
      name, ack,
      {domain::errc::validation_failed,
       "Validation failed",
       {{"data", "must not hold binary"}},
       {}});
    return;
  }
  const auto* data = p.data.Size() > 1 ? &p.data[1] : nullptr;
  auto command = json::read_command(name, data);
  if (!command) {
    fail_command(name, ack, command.error());
    return;
  }
  const auto* wire_name = domain::name_of(*command).data(); // a literal
  submit({ref(), ack, wire_name}, std::move(*command));
}

void socketio_client::fail_command(
  std::string_view name, const std::string& ack, const domain::error& why) {
  const auto failed = actors::make_reply(why);
  if (ack.empty())
    on_emit("error", json::failure_event(name, failed));
  else
    send(encode_ack(ack, failed.json));
}

} // namespace net::socketio

namespace net {

void add_socketio(http::routes& routes, services& s) {
  engineio::server::settings settings;
  settings.limits = {
    .ping_interval = s.config.ping_interval,
    .ping_timeout = s.config.ping_timeout,
    .upgrade_timeout = s.config.upgrade_timeout,
    .max_payload = s.config.max_payload,
    .deflate = s.config.compression};
  settings.origins = s.config.cors_origins;
  settings.shards = s.shards.size();
  settings.random = [&s] { return s.node.outside().random->token(15); };
  const auto server = std::make_shared<engineio::server>(
    s.home, std::move(settings),
    [&s](engineio::environment& shared, std::string sid, const http::exchange_ptr& first) {
      auto made = std::make_shared<socketio::socketio_client>(
        s, shared, std::move(sid), first->req().address);
      s.home.attach(made);
      made->wait_for_connect();
      return made;
    });
  for (const auto* path : {"/socket.io", "/socket.io/"})
    routes.raw(path, [server](const http::exchange_ptr& e) { server->handle(e); });
}

} // namespace net
