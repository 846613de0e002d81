#include "tests/bench/loadgen/report.hpp"
#include "tests/bench/loadgen/scenarios.hpp"

namespace loadgen {

namespace {

class round_trips final : public receiver {
public:
  round_trips(
    const common& how, durability kind, std::uint32_t connections, std::uint32_t window,
    std::size_t bytes)
      : how_{how}, kind_{kind}, window_{window}, bytes_{bytes},
        sent_(connections * window), swarm_{how.where, *this} {
    swarm_.open(connections);
    for (auto& c : swarm_.clients()) {
      c.room = c.index;
      if (kind == durability::durable)
        swarm_.send(
          c, R"(42999999["join-room",{"roomId":"bench-)" + std::to_string(c.index) + R"("}])");
    }
    if (kind == durability::durable)
      swarm_.wait_until("joins", [&] { return joined_ == connections; });
    is_sending_ = true;
    for (auto& c : swarm_.clients())
      for (std::uint32_t i = 0; i < window; ++i)
        ask(c, i);
  }

  void run() {
    swarm_.run_for(how_.warm_seconds);
    stretch_.begin(how_.server);
    swarm_.run_for(how_.seconds);
    stretch_.end();
    auto variant = std::string{kind_ == durability::durable ? "durable" : "ephemeral"} + "x"
                   + std::to_string(window_);
    stretch_.print("acks", variant);
    is_sending_ = false;
    swarm_.wait_until("the last answers", [&] { return under_way_ == 0; });
  }

  void delivered(client&, std::uint32_t) override {} // one's own message, after its acknowledgement

  void answered(client& to, std::uint32_t id, std::string_view data) override {
    if (data.find(R"("ok":true)") == std::string_view::npos)
      throw failure{"refused: " + std::string{data.substr(0, 300)}};
    if (id == joining) {
      ++joined_;
      return;
    }
    stretch_.delivered(swarm_.now() - sent_[to.index * window_ + id]);
    stretch_.completed();
    --under_way_;
    if (is_sending_)
      ask(to, id);
  }

private:
  static constexpr std::uint32_t joining = 999'999;

  /// The number of the acknowledgement is the request's place in the window.
  void ask(client& c, std::uint32_t place) {
    ++under_way_;
    swarm_.read_clock();
    sent_[c.index * window_ + place] = swarm_.now();
    auto name = std::to_string(c.index);
    auto sequence = ++c.last_sequence;
    auto begin = "42" + std::to_string(place);
    if (kind_ == durability::durable)
      swarm_.send(
        c, begin + R"(["send-message",{"roomId":"bench-)" + name + R"(","clientId":")" + how_.run
             + "-" + std::to_string(sequence) + R"(","content":")" + mark(sequence)
             + std::string(bytes_ - 12, 'x') + R"("}])");
    else
      swarm_.send(
        c, begin + R"(["publish",{"topic":"public:nobody-)" + name + R"(","event":"bench","data":)"
             + event_data(sequence, bytes_) + "}]");
  }

  const common& how_;
  durability kind_;
  std::uint32_t window_;
  std::size_t bytes_;
  std::vector<std::int64_t> sent_;
  swarm swarm_;
  stretch stretch_;
  std::uint32_t joined_ = 0;
  std::uint32_t under_way_ = 0;
  bool is_sending_ = false;
};

} // namespace

void acks(
  const common& how, durability kind, std::uint32_t connections, std::uint32_t window,
  std::size_t bytes) {
  round_trips{how, kind, connections, window, bytes}.run();
}

} // namespace loadgen
