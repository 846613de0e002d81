// Mode "protocol": says what it was told, over Socket.IO without recovery.
#include "net/json/reader.hpp"
#include "net/socketio/connection.hpp"
#include "net/socketio/socket.hpp"
#include "tests/conformance/host.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace conformance {
namespace {

/// A client that listens for one message at a time misses the second of two that it reads together
/// (the protocol's older suite with newer versions of `ws`), so on a WebSocket `auth` gets a
/// segment of its own.
constexpr auto auth_pause = std::chrono::milliseconds{5};

class parrot final : public net::socketio::resident, public std::enable_shared_from_this<parrot> {
public:
  parrot(host& h, net::socketio::socket& s, bool repeats)
      : host_(h), socket_(s), repeats_(repeats) {}

  void on_connect(const net::socketio::packet& p) override {
    socket_.accept(host::random());
    owed_ = '[' + (p.has_data ? net::json::write(p.data) : "{}") + ']';
    if (socket_.whole().current() == net::engineio::transport::polling)
      return pay();
    const auto timer = std::make_shared<boost::asio::steady_timer>(host_.io(), auth_pause);
    timer->async_wait([timer, weak = weak_from_this()](const boost::system::error_code& cancelled) {
      if (const auto self = weak.lock(); self != nullptr && !cancelled)
        self->pay();
    });
  }
  void on_event(net::socketio::packet& p) override {
    pay(); // nothing comes before it
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
  void pay() {
    if (const auto args = std::exchange(owed_, {}); !args.empty())
      socket_.emit("auth", {args});
  }

  host& host_;
  net::socketio::socket& socket_;
  bool repeats_;
  std::string owed_; // the arguments of `auth`, until it is sent
};

} // namespace

void add_protocol(host& h) {
  auto known = std::make_shared<net::socketio::namespaces>();
  known->add("/", [&h](net::socketio::socket& s) { return std::make_shared<parrot>(h, s, true); });
  known->add(
    "/custom", [&h](net::socketio::socket& s) { return std::make_shared<parrot>(h, s, false); });
  add_socketio(h, std::move(known));
}

} // namespace conformance
