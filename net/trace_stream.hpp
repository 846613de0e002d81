#pragma once

#include "domain/ports/clock.hpp"
#include "net/actor_watch.hpp"
#include "net/http/exchange.hpp"
#include "net/http/stream.hpp"
#include "net/timers.hpp"
#include "net/tracer.hpp"
#include "net/write_queue.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace net {

class shard;

/// One operator's trace: lines of JSON, one a line, over an HTTP answer that ends by itself, by
/// time, by count, with its actor, or when the operator goes. An operator who does not read loses
/// lines, which are counted, and holds up nobody. Runs on its shard's thread.
class trace_stream final : public timed, public std::enable_shared_from_this<trace_stream> {
public:
  struct options {
    trace_target target;
    std::uint64_t actor = 0; // kind::actor
    bool with_content = false;
    std::uint64_t lines_max = 0;
    std::chrono::milliseconds time{};
  };
  /// `on_end`: it can be forgotten.
  trace_stream(shard& home, tracer& from, options how, std::function<void(trace_stream&)> on_end);
  ~trace_stream() override;

  /// Answers the request, with an error or with the stream.
  void open(const http::exchange_ptr& asked, timers& clock);

private:
  /// Shared with the sink, which other threads call: how much is on its way to this shard.
  struct load {
    std::atomic<std::size_t> bytes{0};
    std::atomic<std::uint64_t> dropped{0};
  };

  void on_time(domain::steady_time now) override;
  void arm(domain::steady_time now);
  void look();
  void take(const std::string& line);
  void put(std::string line);
  void flush_soon();
  void finish(std::string_view reason);
  void forget();

  shard& home_;
  tracer& from_;
  options how_;
  std::function<void(trace_stream&)> on_end_;
  std::shared_ptr<http::stream> stream_;
  write_queue queue_;
  std::optional<actor_watch> watch_; // of an actor: looked at, it does not tell
  timers* clock_ = nullptr;
  domain::steady_time ends_at_{};
  std::shared_ptr<load> load_ = std::make_shared<load>();
  std::uint64_t id_ = 0; // of the tracer; 0: none
  std::uint64_t lines_ = 0;
  bool is_flush_posted_ = false;
};

} // namespace net
