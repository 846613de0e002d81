// Mode "echo": a plain WebSocket at "/" that sends every message back as it came.
#include "net/http/upgraded.hpp"
#include "net/link.hpp"
#include "net/opening.hpp"
#include "net/rfc6455/compression.hpp"
#include "tests/conformance/host.hpp"

#include <boost/asio/post.hpp>

namespace conformance {
namespace {

constexpr std::size_t queue_bytes_max = 4u << 20;

class echo_client final : public net::websocket::handler,
                          public std::enable_shared_from_this<echo_client> {
public:
  explicit echo_client(host& h) : host_(h) {}

  void open(const net::http::exchange_ptr& e, std::shared_ptr<net::parting_links> parting) {
    keep_ = shared_from_this();
    const auto& o = host_.config();
    link_ = net::link::accept(
      host_.home(), std::move(parting), e->take_socket(),
      {.protocol = {}, .message_bytes_max = o.max_payload, .deflate = o.deflate}, this, &queue_);
  }

private:
  void on_open() override {}
  void on_message(std::string_view bytes, bool binary) override {
    const auto plain = binary ? net::make_binary_frame(bytes) : net::make_text_frame(bytes);
    queue_.push(
      link_->is_message_compressed() ? net::rfc6455::compress(plain, link_->window_bits()) : plain);
    on_dirty();
  }
  void on_gone(std::uint16_t) override {
    link_.reset();
    const auto last = std::move(keep_);
  }
  void on_dirty() override {
    boost::asio::post(host_.io(), [self = shared_from_this()] {
      if (self->link_ == nullptr)
        return;
      self->link_->flush();
      if (self->wants_more())
        self->link_->resume();
    });
  }
  /// A peer that does not read what it is sent is not read either.
  bool wants_more() override { return queue_.bytes() < queue_bytes_max; }

  host& host_;
  net::write_queue queue_;
  std::shared_ptr<net::link> link_;
  std::shared_ptr<echo_client> keep_; // until the peer is gone
};

} // namespace

void add_echo(host& h) {
  const auto parting = std::make_shared<net::parting_links>();
  h.table().raw("/", [&h, parting](const net::http::exchange_ptr& e) {
    if (const auto status = net::check_opening(e->req()); status != 0)
      net::refuse_opening(e, status, "A WebSocket handshake is expected here");
    else
      std::make_shared<echo_client>(h)->open(e, parting);
  });
}

} // namespace conformance
