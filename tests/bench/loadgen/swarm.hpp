// Many clients in one thread: the connections of a benchmark and the loop that serves
// them. Everything here is kept cheap so that the figures are the server's: one read per readable
// connection, frames are looked at where they were read, nothing is allocated per delivery.
#pragma once

#include "tests/bench/loadgen/wire.hpp"

#include <cstdint>
#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace loadgen {

enum class stage : std::uint8_t { closed, connecting, upgrading, opening, signing_in, ready };

struct client {
  int fd = -1;
  std::uint32_t index = 0;
  std::uint32_t room = 0;          // for the scenario
  std::uint32_t last_sequence = 0; // for the scenario
  stage at = stage::closed;
  bool is_stalled = false; // reads nothing more; may be closed for it
  bool is_dirty = false;   // has bytes to write at the end of this turn
  std::string carry;       // the start of a frame whose end has not come yet
  std::string out;
};

/// What a scenario does with what comes in.
class receiver {
public:
  virtual ~receiver() = default;
  /// A compressed event, which is not inflated: whoever counts may look into some. A marked one
  /// otherwise.
  virtual void delivered_compressed(client& to, std::string_view payload) {
    delivered(to, sequence_at(inflated(payload), inflated(payload).find(marker)).value_or(0));
  }
  /// A marked event.
  virtual void delivered(client& to, std::uint32_t sequence) = 0;
  /// An acknowledgement; `data` is the JSON array (Socket.IO), or what stands behind `"ack":N`.
  virtual void answered(client& to, std::uint32_t id, std::string_view data) = 0;
};

struct failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class swarm {
public:
  struct target {
    std::uint16_t port = 0;
    std::string secret; // of the tokens
    /// Empty: Socket.IO. Otherwise JSON over a plain WebSocket at this path, with compression
    /// offered.
    std::string plain_path = {};
  };

  swarm(target where, receiver& scenario);
  ~swarm();
  swarm(const swarm&) = delete;
  swarm& operator=(const swarm&) = delete;

  /// Opens connections and signs them in, a bounded number at a time; throws `failure` when that
  /// takes too long.
  void open(std::uint32_t count);

  /// Handles what is ready, waiting up to `milliseconds` for something, then writes what was sent
  /// meanwhile.
  void turn(int milliseconds);

  /// Turns for this long.
  void run_for(double seconds);
  /// Turns until the condition holds; throws `failure` naming `what` when nothing comes of it.
  template <class Condition>
  void wait_until(const char* what, Condition condition) {
    read_clock();
    auto give_up = now_ + patience;
    while (!condition()) {
      turn(20);
      read_clock();
      if (now_ > give_up)
        throw failure{std::string{"waited in vain for "} + what};
    }
  }

  /// Queues one packet (`42[…]`) to be written at the end of the turn.
  void send(client& from, std::string_view packet);

  /// From now on nothing is read from it, and its end is no failure.
  void stall(client& c) { c.is_stalled = true; }
  bool is_plain() const { return !where_.plain_path.empty(); }
  std::deque<client>& clients() { return clients_; }
  std::int64_t now() const { return now_; } // nanoseconds, as of the last read
  void read_clock();
  std::uint64_t refused_handshakes() const { return refused_; }

private:
  static constexpr std::int64_t patience = 10'000'000'000; // ns

  void connect(client& c);
  void retry_later(client& c);
  void readable(client& c);
  void writable(client& c);
  std::size_t handle(client& c, std::string_view bytes);
  std::size_t handle_upgrade(client& c, std::string_view bytes);
  void packet(client& c, std::string_view text);
  void plain_message(client& c, std::string_view text);
  void count_marked(client& c, std::string_view text);
  void signed_in(client& c);
  void flush(client& c);

  target where_;
  receiver& scenario_;
  int epoll_ = -1;
  std::int64_t now_ = 0;
  std::deque<client> clients_; // never moves its elements: epoll holds their addresses
  std::vector<client*> dirty_;
  std::vector<client*> refused_clients_;
  std::vector<char> buffer_;
  std::size_t marker_hint_ = 0; // events of one run look alike: where the last marker was
  std::uint32_t in_handshake_ = 0;
  std::uint32_t ready_ = 0;
  std::uint64_t refused_ = 0;
};

} // namespace loadgen
