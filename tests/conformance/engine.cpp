// Mode "engine": Engine.IO alone, every message is sent back.
#include "tests/conformance/host.hpp"
#include "tests/conformance/outgoing.hpp"

namespace conformance {
namespace {

class echo_session final : public net::engineio::session,
                           public std::enable_shared_from_this<echo_session> {
public:
  echo_session(host& h, net::engineio::environment& shared, std::string sid)
      : session{shared, std::move(sid), out_.frames()}, out_{h.io()} {}

private:
  std::shared_ptr<session> self() override { return shared_from_this(); }
  void on_data(std::string_view bytes, bool binary) override {
    send(binary ? net::make_binary_frame(bytes) : net::make_text_frame("4" + std::string{bytes}));
  }
  void on_closed(std::string_view, bool) override {}
  void send(const net::frame_ptr& packet) override { out_.push(packet, shared_from_this()); }
  bool wants_input() const override { return true; }
  void mark_dirty() override { out_.flush_later(shared_from_this()); }

  outgoing out_;
};

} // namespace

void add_engine_echo(host& h) {
  h.add_engine(
    "/engine.io",
    [&h](net::engineio::environment& shared, std::string sid, const net::http::exchange_ptr&) {
      return std::make_shared<echo_session>(h, shared, std::move(sid));
    });
}

} // namespace conformance
