#include "tests/bench/loadgen/report.hpp"
#include "tests/bench/loadgen/scenarios.hpp"

namespace loadgen {

namespace {

class many_rooms final : public receiver {
public:
  many_rooms(
    const common& how, durability kind, std::uint32_t rooms, std::uint32_t members,
    std::uint32_t window, std::size_t bytes)
      : how_{how}, kind_{kind}, members_{members}, window_{window}, bytes_{bytes},
        rooms_(rooms), swarm_{how.where, *this} {
    for (auto& r : rooms_)
      r.messages.resize(window);
    auto count = rooms * members;
    swarm_.open(count);
    // members of a room are spread over the order of connecting, and so over the shards
    for (auto& c : swarm_.clients())
      c.room = c.index % rooms;
    constexpr std::uint32_t joins_at_once = 64;
    for (std::uint32_t i = 0; i < count; ++i) {
      swarm_.wait_until("joins", [&] { return joined_ + joins_at_once > i; });
      auto name = std::to_string(swarm_.clients()[i].room);
      swarm_.send(
        swarm_.clients()[i], kind == durability::durable
                               ? R"(421["join-room",{"roomId":"bench-)" + name + R"("}])"
                               : R"(421["subscribe",{"topic":"public:room-)" + name + R"("}])");
    }
    swarm_.wait_until("joins", [&] { return joined_ == count; });
    is_sending_ = true;
    for (std::uint32_t r = 0; r < rooms; ++r)
      for (std::uint32_t i = 0; i < window; ++i)
        send_next(r, i);
  }

  void run() {
    swarm_.run_for(how_.warm_seconds);
    stretch_.begin(how_.server);
    swarm_.run_for(how_.seconds);
    stretch_.end();
    auto variant = std::string{kind_ == durability::durable ? "durable" : "ephemeral"} + "x"
                   + std::to_string(window_);
    stretch_.print("rooms", variant);
    is_sending_ = false;
    swarm_.wait_until("the last deliveries", [&] { return under_way_ == 0; });
  }

  void delivered(client& to, std::uint32_t sequence) override {
    auto& message = rooms_[to.room].messages[sequence % window_];
    if (message.sequence != sequence || message.missing == 0)
      throw failure{"message " + std::to_string(sequence) + " came too often"};
    stretch_.delivered(swarm_.now() - message.sent);
    if (--message.missing > 0)
      return;
    stretch_.completed();
    --under_way_;
    if (is_sending_)
      send_next(to.room, sequence + window_);
  }

  void answered(client&, std::uint32_t, std::string_view data) override {
    if (data.find(R"("ok":true)") == std::string_view::npos)
      throw failure{"refused: " + std::string{data.substr(0, 300)}};
    ++joined_;
  }

private:
  struct sent_message {
    std::int64_t sent = 0;
    std::uint32_t sequence = 0;
    std::uint32_t missing = 0;
  };
  struct room {
    std::vector<sent_message> messages;
    std::uint32_t next_sender = 0;
  };

  /// A finished message hands its place in the window on to the one with `sequence`.
  void send_next(std::uint32_t number, std::uint32_t sequence) {
    auto& r = rooms_[number];
    auto sender = (r.next_sender++ % members_) * static_cast<std::uint32_t>(rooms_.size()) + number;
    ++under_way_;
    swarm_.read_clock();
    r.messages[sequence % window_] = {swarm_.now(), sequence, members_};
    auto name = std::to_string(number);
    if (kind_ == durability::durable)
      swarm_.send(
        swarm_.clients()[sender], R"(422["send-message",{"roomId":"bench-)" + name
                                    + R"(","clientId":")" + how_.run + "-"
                                    + std::to_string(sequence) + R"(","content":")" + mark(sequence)
                                    + std::string(bytes_ - 12, 'x') + R"("}])");
    else
      swarm_.send(
        swarm_.clients()[sender], R"(42["publish",{"topic":"public:room-)" + name
                                    + R"(","event":"bench","data":)" + event_data(sequence, bytes_)
                                    + "}]");
  }

  const common& how_;
  durability kind_;
  std::uint32_t members_;
  std::uint32_t window_;
  std::size_t bytes_;
  std::vector<room> rooms_;
  swarm swarm_;
  stretch stretch_;
  std::uint32_t joined_ = 0;
  std::uint32_t under_way_ = 0;
  bool is_sending_ = false;
};

} // namespace

void rooms(
  const common& how, durability kind, std::uint32_t count, std::uint32_t members,
  std::uint32_t window, std::size_t bytes) {
  many_rooms{how, kind, count, members, window, bytes}.run();
}

} // namespace loadgen
