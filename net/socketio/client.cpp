#include "net/socketio/client.hpp"

#include "actors/node.hpp"
#include "domain/limits.hpp"
#include "net/engineio/server.hpp"
#include "net/json/failure.hpp"
#include "net/json/reader.hpp"
#include "net/shard.hpp"
#include "net/socketio/admin.hpp"
#include "net/socketio/encoder.hpp"
#include "net/socketio/packed.hpp"

#include <caf/all.hpp>

#include <charconv>
#include <utility>

namespace net::socketio {
namespace {

using domain::delivery_class;

} // namespace

socketio_client::socketio_client(
  services& context, engineio::environment& shared, std::string sid, std::string address,
  const namespaces& known)
    : net::client{context.home, encoding::socketio, std::move(address)},
      connection{shared, std::move(sid), queue(), known, context.config.connect_timeout} {}

std::shared_ptr<engineio::session> socketio_client::self() {
  return std::static_pointer_cast<socketio_client>(shared_from_this());
}

std::shared_ptr<resident> socketio_client::enter(socket& s) {
  chat_ = &s;
  return {std::shared_ptr<resident>{}, this}; // lives with the connection
}

// -- from the actors --

void socketio_client::on_answer(const actors::reply_to& where, const actors::reply& what) {
  if (!where.ack.empty())
    acknowledge(where.ack, what.json);
  else if (!what.ok)
    on_emit("error", json::failure_event(where.command, what));
  else if (std::string_view{where.command} == "join-room")
    on_emit("room-joined", what.json);
}

void socketio_client::on_emit(std::string_view name, std::string_view data_json) {
  send(
    codec() == socketio::codec::json ? encode_event(name, data_json, {})
                                     : encode_packed_event(name, data_json, {}));
}

/// `ack`: the number of the client's event, as it was read.
void socketio_client::acknowledge(const std::string& ack, std::string_view data_json) {
  if (codec() == socketio::codec::json) {
    send(encode_ack(ack, data_json));
    return;
  }
  std::uint64_t id = 0;
  std::from_chars(ack.data(), ack.data() + ack.size(), id);
  send(encode_packed(packet_type::ack, "/", id, {'[' + std::string{data_json} + ']'}));
}

void socketio_client::on_close(domain::close_code why) {
  const auto& row = domain::describe(why);
  const auto code = static_cast<std::uint16_t>(why);
  is_final_ = is_final_ || !row.reconnect;
  // A client told so stays away; one whose transport merely goes comes back by itself.
  if (row.reconnect)
    close(code, row.reason);
  else
    disconnect(code, row.reason);
}

// -- from the connection --

void socketio_client::send(const frame_ptr& packet) {
  enqueue(packet, delivery_class::ephemeral);
}

void socketio_client::on_end(std::string_view reason, bool is_final) {
  // For operators a rule has one name, whatever the protocol calls it.
  const auto why =
    reason == "ping timeout" ? domain::describe(domain::close_code::no_pong).reason : reason;
  closed(!is_final && !is_final_ && reason != "parse error", why);
}

void socketio_client::on_msgpack() {
  set_protocol(encoding::socketio_msgpack);
}

void socketio_client::on_left(std::string_view reason) {
  chat_ = nullptr;
  if (!is_over()) // another namespace, or this one again, may go on
    sign_out(reason);
}

void socketio_client::on_connect(const packet& p) {
  auto token = p.has_data ? text_of(p.data, "token") : std::string{};
  if (token.empty()) {
    refuse("Authentication required");
    return;
  }
  if (token.size() > domain::limits::token_bytes) {
    refuse("Authentication failed");
    return;
  }
  auto done = [weak = weak_from_this()](domain::result<signed_in> outcome) {
    if (const auto alive = std::static_pointer_cast<socketio_client>(weak.lock()))
      alive->on_signed_in(std::move(outcome));
  };
  if (auto pid = text_of(p.data, "pid"); !pid.empty())
    recover(std::move(token), std::move(pid), text_of(p.data, "offset"), std::move(done));
  else
    sign_in(std::move(token), std::move(done));
}

void socketio_client::on_signed_in(domain::result<signed_in> outcome) {
  if (chat_ == nullptr)
    return;
  if (outcome) {
    // Missed packets first: the client keeps them until it knows that it is connected.
    for (const auto& missed : outcome->missed)
      enqueue(missed, delivery_class::durable);
    chat_->accept(outcome->session_id, outcome->pid);
    return;
  }
  const auto& why = outcome.error();
  if (why.code == domain::errc::unauthorized)
    refuse("Authentication failed");
  else
    refuse(why.message, actors::error_json(why));
}

void socketio_client::refuse(std::string_view message, std::string_view data_json) {
  std::exchange(chat_, nullptr)->refuse(message, data_json);
}

void socketio_client::on_event(packet& p) {
  const auto ack = p.id ? std::to_string(*p.id) : std::string{};
  const auto name = name_of(p);
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
    acknowledge(ack, failed.json);
}

} // namespace net::socketio

namespace net {

void add_socketio(http::routes& routes, services& s, std::shared_ptr<http::site> common) {
  engineio::server::settings settings;
  settings.limits = {
    .ping_interval = s.config.ping_interval,
    .ping_timeout = s.config.ping_timeout,
    .upgrade_timeout = s.config.upgrade_timeout,
    .max_payload = s.config.max_payload,
    .compression = s.config.compression};
  settings.origins = s.config.cors_origins;
  settings.shards = s.shards.size();
  settings.random = [&s] { return s.node.outside().random->token(15); };
  const auto known = std::make_shared<socketio::namespaces>();
  known->add("/", [](socketio::socket& asked) {
    return static_cast<socketio::socketio_client&>(asked.whole()).enter(asked);
  });
  socketio::add_admin(*known, s, std::move(common));
  const auto server = std::make_shared<engineio::server>(
    s.home, std::move(settings),
    [&s, known](engineio::environment& shared, std::string sid, const http::exchange_ptr& first) {
      const auto& address = first->req().address;
      auto place = s.gate.arrive(address, s.config.handshakes_per_address_max);
      auto made = std::shared_ptr<socketio::socketio_client>{};
      if (place == nullptr)
        return made;
      made =
        std::make_shared<socketio::socketio_client>(s, shared, std::move(sid), address, *known);
      s.home.attach(made);
      made->wait_for_connect(std::move(place));
      return made;
    });
  engineio::add_route(routes, "/socket.io", server);
}

} // namespace net
