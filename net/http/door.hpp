// HTTP/1.1 for one shard: its connections, their deadlines, their counters.
#pragma once

#include "domain/limits.hpp"
#include "domain/ports/log.hpp"
#include "net/http/exchange.hpp"
#include "net/http/routes.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace net {
class tls;
}

namespace net::http {

class connection;

/// Deadlines of a connection; a peer that is slower is closed.
struct door_times {
  std::chrono::milliseconds header =
    domain::limits::http_header_time; // from the first byte to the empty line
  std::chrono::milliseconds idle = domain::limits::http_idle_time; // between requests
  /// And 1 s more per KiB that came; where a route takes larger bodies than others, for as much
  /// more than a KiB.
  std::chrono::milliseconds body = std::chrono::seconds{30};
  std::chrono::milliseconds write = domain::limits::write_progress_timeout;
  std::chrono::milliseconds linger =
    std::chrono::seconds{5}; // to read away what a refused peer still sends
  std::chrono::milliseconds sweep = std::chrono::seconds{1}; // how often deadlines are looked at
};

/// Answers by status. Written by one shard, read by anyone.
struct door_counters {
  static constexpr std::size_t statuses = 600;
  std::array<std::atomic<std::uint64_t>, statuses> answers{};
};

/// Runs on: its shard's thread, all of it but the counters.
class door : public std::enable_shared_from_this<door> {
public:
  struct options {
    boost::asio::io_context& io;
    std::shared_ptr<routes> table;
    shard* home = nullptr;
    domain::log* log = nullptr;
    std::string id_prefix = "req-"; // of request ids made here
    std::atomic<std::uint64_t>* live = nullptr;
    const std::atomic<bool>* is_draining = nullptr;
    const net::tls* secured = nullptr;                      // nullptr: plain HTTP
    std::size_t max_body = domain::limits::http_body_bytes; // where a route says nothing else
    door_times times = {};
    /// Runs `f` with the door of another shard, on that shard. False when there is none.
    std::function<bool(std::uint32_t shard_index, std::function<void(door&)> f)> reach = {};
  };

  explicit door(options o);
  ~door();
  door(const door&) = delete;

  /// Takes an accepted socket of this shard's io_context.
  void serve(boost::asio::ip::tcp::socket socket, std::string address);
  /// Cuts every connection; for the end of the server.
  void close_all();
  std::size_t connections() const { return live_; }

  const options& config() const { return options_; }
  door_counters& stats() { return stats_; }

private:
  friend class connection;
  void add(connection& c);
  void remove(connection& c);
  void arm();
  void sweep();
  std::string next_request_id();

  options options_;
  door_counters stats_;
  connection* first_ = nullptr; // intrusive: an idle connection costs no node
  std::size_t live_ = 0;
  bool is_armed_ = false;
  std::uint64_t requests_ = 0;
  boost::asio::steady_timer timer_;
};

} // namespace net::http
