// Mode "app": a small chat over Socket.IO with recovery.
#include "domain/json.hpp"
#include "net/json/reader.hpp"
#include "net/socketio/connection.hpp"
#include "tests/conformance/hall.hpp"
#include "tests/conformance/host.hpp"

#include <algorithm>
#include <array>

namespace conformance {
namespace {

using domain::json_object;
using net::socketio::packet;
using net::socketio::text_of;

/// The first argument: an id, or an object with one.
std::string room_of(const packet& event) {
  if (event.data.Size() < 2)
    return {};
  const auto& first = event.data[1];
  return first.IsString() ? std::string{first.GetString(), first.GetStringLength()}
                          : text_of(first, "roomId");
}

std::string only(std::string object) {
  return '[' + std::move(object) + ']';
}

/// Reasons after which a client may come back to what it had.
bool is_recoverable(std::string_view reason) {
  constexpr std::array<std::string_view, 6> all{
    "transport error", "transport close",      "forced close",
    "ping timeout",    "server shutting down", "forced server close",
  };
  return std::find(all.begin(), all.end(), reason) != all.end();
}

class chatter final : public net::socketio::resident {
public:
  chatter(net::socketio::socket& s, hall& place, const options& config)
      : place_(place), config_(config) {
    me_.socket = &s;
  }

  void on_connect(const packet& p) override {
    if (!p.has_data || text_of(p.data, "token") != config_.token) {
      me_.socket->refuse(
        "unauthorized",
        json_object{}.text("code", "unauthorized").text("message", "invalid token").take());
      return;
    }
    const auto pid = text_of(p.data, "pid");
    if (pid.empty() || !place_.recover(pid, text_of(p.data, "offset"), me_)) {
      me_.sid = host::random();
      me_.pid = host::random();
      me_.since = place_.last();
    }
    place_.enter(me_);
    me_.socket->accept(me_.sid, me_.pid);
  }

  void on_event(packet& p) override {
    const auto name = net::socketio::name_of(p);
    for (const auto& [known, handle] : handlers())
      if (known == name)
        return handle(*this, p);
  }

  void on_left(std::string_view reason) override {
    if (!me_.sid.empty())
      place_.leave(me_, is_recoverable(reason));
  }

private:
  struct handler {
    std::string_view event;
    void (*handle)(chatter& self, packet& p);
  };
  static const std::array<handler, 6>& handlers() {
    static constexpr std::array<handler, 6> table{{
      {"echo", [](chatter& self, packet& p) { self.echo(p); }},
      {"join-room", [](chatter& self, packet& p) { self.join(p); }},
      {"send-message", [](chatter& self, packet& p) { self.send(p); }},
      {"typing", [](chatter& self, packet& p) { self.typing(p); }},
      {"disconnect-me", [](chatter& self, packet&) { self.me_.socket->leave(); }},
      {"close-transport",
       [](chatter& self, packet&) {
         self.me_.socket->whole().close(
           static_cast<std::uint16_t>(domain::close_code::going_away), "forced close");
       }},
    }};
    return table;
  }

  /// Offsets go to everything that is emitted, so that a string at the end is not taken for one.
  void tell(std::string_view name, const net::socketio::content& args) {
    place_.broadcast(me_.sid, nullptr, name, args);
  }

  void echo(packet& p) {
    const auto args = net::socketio::arguments_of(p);
    if (p.id)
      me_.socket->acknowledge(*p.id, {args, p.attachments});
    else
      tell("echo-back", {args, p.attachments});
  }

  void join(packet& p) {
    const auto room = room_of(p);
    place_.join(me_, room);
    if (p.id)
      me_.socket->acknowledge(
        *p.id, {only(json_object{}
                       .boolean("ok", true)
                       .raw("room", json_object{}.text("id", room).take())
                       .take())});
    else
      tell("room-joined", {only(json_object{}.text("roomId", room).boolean("ok", true).take())});
    place_.broadcast(
      room, &me_, "user-joined",
      {only(json_object{}.text("roomId", room).text("userId", me_.sid).take())});
  }

  void send(packet& p) {
    const auto room = room_of(p);
    const auto seq = place_.next_seq(room);
    const auto id = "msg_" + room + '_' + std::to_string(seq);
    const auto content = p.data.Size() > 1 && p.data[1].IsObject() && p.data[1].HasMember("content")
                           ? net::json::write(p.data[1]["content"])
                           : std::string{"null"};
    if (p.id)
      me_.socket->acknowledge(
        *p.id, {only(json_object{}
                       .boolean("ok", true)
                       .raw("message", json_object{}.text("id", id).number("seq", seq).take())
                       .take())});
    const auto args = only(json_object{}
                             .text("id", id)
                             .number("seq", seq)
                             .text("roomId", room)
                             .text("senderId", me_.sid)
                             .raw("content", content)
                             .text("timestamp", host::now())
                             .take());
    if (!me_.rooms.contains(room)) // the sender too, whether it joined or not
      tell("new-message", {args});
    place_.broadcast(room, nullptr, "new-message", {args});
  }

  void typing(packet& p) {
    const auto room = room_of(p);
    place_.broadcast_volatile(
      room, &me_, "user-typing",
      only(json_object{}.text("roomId", room).text("userId", me_.sid).take()));
  }

  hall& place_;
  const options& config_;
  hall::guest me_;
};

} // namespace

void add_app(host& h) {
  auto known = std::make_shared<net::socketio::namespaces>();
  for (const auto* nsp : {"/", "/custom"})
    known->add(
      nsp,
      [place = std::make_shared<hall>(h.config().recovery_window), &h](net::socketio::socket& s) {
        return std::make_shared<chatter>(s, *place, h.config());
      });
  add_socketio(h, std::move(known));
}

} // namespace conformance
