#pragma once

#include "net/engineio/session.hpp"

#include <boost/asio/post.hpp>

#include <memory>
#include <utility>

namespace conformance {

/// The frames that wait for one client; flushed behind the handlers that are ready now. Whoever
/// does not read is closed.
class outgoing {
public:
  explicit outgoing(boost::asio::io_context& io) : io_(io) {}

  net::write_queue& frames() { return frames_; }

  void push(const net::frame_ptr& what, const std::shared_ptr<net::engineio::session>& owner) {
    constexpr std::size_t bytes_max = 16u << 20;
    if (frames_.bytes() + what->bytes.size() > bytes_max) {
      boost::asio::post(io_, [owner] {
        owner->close(static_cast<std::uint16_t>(domain::close_code::slow_consumer), "forced close");
      });
      return;
    }
    frames_.push(what);
    flush_later(owner);
  }

  void flush_later(const std::shared_ptr<net::engineio::session>& owner) {
    if (std::exchange(is_posted_, true))
      return;
    boost::asio::post(io_, [this, owner] {
      is_posted_ = false;
      owner->flush_transport();
    });
  }

private:
  boost::asio::io_context& io_;
  net::write_queue frames_;
  bool is_posted_ = false;
};

} // namespace conformance
