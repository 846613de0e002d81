// Mode "protocol": says what it was told, over Socket.IO without recovery.
#include "net/json/reader.hpp"
#include "net/socketio/socket.hpp"
#include "tests/conformance/host.hpp"

namespace conformance {
namespace {

class parrot final : public net::socketio::resident {
public:
  parrot(net::socketio::socket& s, bool repeats) : socket_(s), repeats_(repeats) {}

  void on_connect(const net::socketio::packet& p) override {
    socket_.accept(host::random());
    const auto args = '[' + (p.has_data ? net::json::write(p.data) : "{}") + ']';
    socket_.emit("auth", {args});
  }
  void on_event(net::socketio::packet& p) override {
    if (!repeats_)
      return;
    const auto name = net::socketio::name_of(p);
    const auto args = net::socketio::arguments_of(p);
    if (name == "message")
      socket_.emit("message-back", {args, p.attachments});
    else if (name == "message-with-ack" && p.id)
      socket_.acknowledge(*p.id, {args, p.attachments});
  }
  void on_left(std::string_view) override {}

private:
  net::socketio::socket& socket_;
  bool repeats_;
};

} // namespace

void add_protocol(host& h) {
  auto known = std::make_shared<net::socketio::namespaces>();
  known->add("/", [](net::socketio::socket& s) { return std::make_shared<parrot>(s, true); });
  known->add(
    "/custom", [](net::socketio::socket& s) { return std::make_shared<parrot>(s, false); });
  add_socketio(h, std::move(known));
}

} // namespace conformance
