#include "net/socketio/connection.hpp"
#include "tests/conformance/host.hpp"
#include "tests/conformance/outgoing.hpp"

namespace conformance {
namespace {

class guest final : public net::socketio::connection, public std::enable_shared_from_this<guest> {
public:
  guest(
    host& h, net::engineio::environment& shared, std::string sid,
    std::shared_ptr<const net::socketio::namespaces> known)
      : connection{shared, std::move(sid), out_.frames(), *known, h.config().connect_timeout},
        known_{std::move(known)}, out_{h.io()} {}

private:
  std::shared_ptr<session> self() override { return shared_from_this(); }
  void on_end(std::string_view, bool) override {}
  void send(const net::frame_ptr& packet) override { out_.push(packet, shared_from_this()); }
  bool wants_input() const override { return true; }
  void mark_dirty() override { out_.flush_later(shared_from_this()); }

  std::shared_ptr<const net::socketio::namespaces> known_;
  outgoing out_;
};

} // namespace

void add_socketio(host& h, std::shared_ptr<const net::socketio::namespaces> known) {
  h.add_engine(
    "/socket.io",
    [&h, known = std::move(known)](
      net::engineio::environment& shared, std::string sid, const net::http::exchange_ptr&) {
      auto made = std::make_shared<guest>(h, shared, std::move(sid), known);
      made->wait_for_connect();
      return made;
    });
}

} // namespace conformance
