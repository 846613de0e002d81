#include "net/socketio/socket.hpp"

#include "domain/json.hpp"
#include "net/json/reader.hpp"
#include "net/rfc6455/compression.hpp"
#include "net/socketio/connection.hpp"

namespace net::socketio {

void socket::accept(std::string_view sid, std::string_view pid) {
  if (stage_ != stage::joining)
    return;
  stage_ = stage::joined;
  whole_.joined();
  whole_.send(whole_.write(packet_type::connect, nsp_, {}, {connected_json(sid, pid)}));
}

void socket::refuse(std::string_view message, std::string_view data_json) {
  if (stage_ != stage::joining)
    return;
  const auto keep = shared_from_this();
  whole_.send(
    whole_.write(packet_type::connect_error, nsp_, {}, {refusal_json(message, data_json)}));
  whole_.forget(*this);
}

bool socket::emit(std::string_view name, const content& args, const emit_flags& flags) {
  if (!is_joined() || is_reserved_name(name))
    return false;
  if (flags.busy == when_busy::drop && !whole_.is_writable())
    return false;
  auto packet =
    whole_.write(packet_type::event, nsp_, {}, {event_json(name, args.json), args.attachments});
  if (const auto bits = whole_.window_bits(); flags.compress && bits != 0)
    packet = rfc6455::compress_if_smaller(packet, bits);
  whole_.send(packet);
  return true;
}

void socket::ask(
  std::string_view name, const content& args, std::chrono::milliseconds timeout, answered done) {
  const auto refused = [&](domain::errc code, const char* why) {
    done(domain::error{code, why, {}, {}});
  };
  if (!is_joined())
    return refused(domain::errc::unavailable, "The client is gone");
  if (is_reserved_name(name))
    return refused(domain::errc::bad_request, "The name of this event is reserved");
  const auto id = next_question_;
  if (!whole_.await({this, id, std::chrono::steady_clock::now() + timeout, done}))
    return refused(domain::errc::overloaded, "Too many acknowledgements are awaited");
  ++next_question_;
  whole_.send(
    whole_.write(packet_type::event, nsp_, id, {event_json(name, args.json), args.attachments}));
}

void socket::acknowledge(std::uint64_t id, const content& args) {
  if (is_joined())
    whole_.send(whole_.write(packet_type::ack, nsp_, id, args));
}

void socket::replay(const content& event) {
  if (stage_ == stage::joining)
    whole_.send(whole_.write(packet_type::event, nsp_, {}, event));
}

void socket::leave() {
  if (!is_joined())
    return;
  whole_.send(whole_.write(packet_type::disconnect, nsp_, {}, {}));
  whole_.leave(*this, "server namespace disconnect");
}

std::string event_json(std::string_view name, std::string_view args_json) {
  std::string json;
  json.reserve(name.size() + args_json.size() + 4);
  json = "[";
  domain::append_json_string(json, name);
  const auto rest = args_json.size() > 1 ? args_json.substr(1) : std::string_view{"]"};
  if (rest != "]")
    json += ',';
  json += rest;
  return json;
}

std::string arguments_of(const packet& event) {
  std::string json = "[";
  for (rapidjson::SizeType i = 1; i < event.data.Size(); ++i) {
    if (i > 1)
      json += ',';
    json += json::write(event.data[i]);
  }
  json += ']';
  return json;
}

std::string name_of(const packet& event) {
  const auto& name = event.data[0];
  return name.IsString() ? std::string{name.GetString(), name.GetStringLength()}
                         : json::write(name);
}

} // namespace net::socketio
