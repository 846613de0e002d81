#include "tests/bench/loadgen/report.hpp"
#include "tests/bench/loadgen/scenarios.hpp"

#include <array>

namespace loadgen {

namespace {

class one_topic final : public receiver {
public:
  one_topic(const common& how, const fanout_shape& shape)
      : how_{how}, shape_{shape}, subscribers_{shape.subscribers - shape.stalled}, swarm_{
                                                                                     how.where,
                                                                                     *this} {
    swarm_.open(shape.subscribers + 1);
    for (std::uint32_t i = 1; i <= shape.subscribers; ++i)
      swarm_.send(
        swarm_.clients()[i], swarm_.is_plain()
                               ? R"({"event":"subscribe","data":{"topic":"public:bench"},"id":1})"
                               : R"(421["subscribe",{"topic":"public:bench"}])");
    swarm_.wait_until("subscriptions", [this] { return subscribed_ == shape_.subscribers; });
    for (std::uint32_t i = 0; i < shape.stalled; ++i) // spread among the others
      swarm_.stall(swarm_.clients()[1 + i * (shape.subscribers / shape.stalled)]);
  }

  void run(const fanout_phase& phase, std::string_view name) {
    bytes_ = phase.bytes;
    is_sending_ = true;
    for (std::uint32_t i = 0; i < phase.window; ++i)
      publish();
    swarm_.run_for(how_.warm_seconds);
    stretch_.begin(how_.server);
    auto before = sequence_;
    swarm_.run_for(how_.seconds);
    stretch_.end();
    if (sequence_ == before)
      throw failure{"no event reached all subscribers"};
    stretch_.print(shape_.scenario, name);
    is_sending_ = false;
    swarm_.wait_until("the last deliveries", [this] { return under_way_ == 0; });
  }

  void delivered(client& to, std::uint32_t sequence) override {
    if (sequence != to.last_sequence + 1)
      throw failure{
        "event " + std::to_string(sequence) + " came after " + std::to_string(to.last_sequence)};
    to.last_sequence = sequence;
    auto& event = events_[sequence % events_.size()];
    stretch_.delivered(swarm_.now() - event.sent);
    if (--event.missing > 0)
      return;
    stretch_.completed();
    --under_way_;
    if (is_sending_)
      publish();
  }

  /// One of many is looked into; that the others are no fewer and no more is seen by their number.
  void delivered_compressed(client& to, std::string_view payload) override {
    if (++compressed_ % 10'007 != 0)
      return delivered(to, to.last_sequence + 1);
    const auto text = inflated(payload);
    delivered(to, sequence_at(text, text.find(marker)).value_or(0));
  }

  void answered(client&, std::uint32_t, std::string_view data) override {
    if (data.find(R"("ok":true)") == std::string_view::npos)
      throw failure{"refused: " + std::string{data}};
    ++subscribed_;
  }

private:
  struct under_way_event {
    std::int64_t sent = 0;
    std::uint32_t missing = 0;
  };

  void publish() {
    ++sequence_;
    ++under_way_;
    swarm_.read_clock();
    events_[sequence_ % events_.size()] = {swarm_.now(), subscribers_};
    const auto data =
      swarm_.is_plain() ? rows_data(sequence_, bytes_) : event_data(sequence_, bytes_);
    const auto what = R"({"topic":"public:bench","event":"bench","data":)" + data + "}";
    swarm_.send(
      swarm_.clients()[0], swarm_.is_plain() ? R"({"event":"publish","data":)" + what + "}"
                                             : R"(42["publish",)" + what + "]");
  }

  const common& how_;
  fanout_shape shape_;
  std::uint32_t subscribers_; // that read
  swarm swarm_;
  stretch stretch_;
  std::array<under_way_event, 1024> events_{};
  std::size_t bytes_ = 0;
  std::uint64_t compressed_ = 0;
  std::uint32_t sequence_ = 0;
  std::uint32_t under_way_ = 0;
  std::uint32_t subscribed_ = 0;
  bool is_sending_ = false;
};

} // namespace

void fanout(const common& how, const fanout_shape& shape, const std::vector<fanout_phase>& phases) {
  one_topic load{how, shape};
  for (std::size_t i = 0; i < phases.size(); ++i) {
    json_line{}.add("begin", static_cast<double>(i)).print();
    load.run(phases[i], std::to_string(phases[i].bytes) + "x" + std::to_string(phases[i].window));
  }
}

} // namespace loadgen
