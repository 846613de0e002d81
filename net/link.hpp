#pragma once

#include "net/websocket.hpp"
#include "net/write_queue.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

namespace net {

class shard;
class link;

/// The links of one shard whose users have let go of them: the rest is sent, the close handshake is
/// awaited.
using parting_links = std::unordered_set<std::shared_ptr<link>>;

/// A WebSocket that can outlive its user. Runs on its shard's thread.
class link final : public websocket::handler, public std::enable_shared_from_this<link> {
public:
  /// Answers the handshake. `user` hears of everything until part() or until it destroys the link;
  /// nullptr: nobody. `queue`: where the user puts frames; nullptr: the link's own.
  static std::shared_ptr<link> accept(
    shard& home, std::shared_ptr<parting_links> parting, std::unique_ptr<http::upgraded> from,
    const websocket::options& wanted, websocket::handler* user, write_queue* queue);

  link(shard& home, std::shared_ptr<parting_links> parting, websocket::handler* user)
      : home_(home), parting_(std::move(parting)), user_(user) {}

  void flush();
  void resume();
  /// Data is left that the peer's socket did not take yet.
  bool is_blocked() const { return socket_ != nullptr && socket_->is_blocked(); }
  /// One frame at once, through the link's own queue.
  void send(frame_ptr what);
  /// Changes hands, and from the link's own queue to the user's: what was left in it goes first.
  void give_to(websocket::handler* user, write_queue& users);
  /// Sends what is queued and a close frame behind it; the user hears nothing more and may go away,
  /// its queue too.
  void part(std::uint16_t code, std::string_view reason);
  /// See websocket.
  std::uint8_t window_bits() const { return socket_ != nullptr ? socket_->window_bits() : 0; }
  bool is_message_compressed() const {
    return socket_ != nullptr && socket_->is_message_compressed();
  }

private:
  void on_open() override;
  void on_message(std::string_view bytes, bool binary) override;
  void on_gone(std::uint16_t code) override;
  void on_dirty() override;
  bool wants_more() override;
  void on_pong() override;
  void flush_later();

  shard& home_;
  std::shared_ptr<parting_links> parting_;
  websocket::handler* user_;
  write_queue* users_queue_ = nullptr;
  write_queue queue_;
  std::shared_ptr<websocket> socket_;
  struct last_word {
    std::uint16_t code;
    std::string reason;
  };
  std::unique_ptr<last_word> close_when_open_;
  bool is_open_ = false;
  bool is_flush_posted_ = false;
};

} // namespace net
