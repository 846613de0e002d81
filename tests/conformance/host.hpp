#pragma once

#include "net/engineio/server.hpp"
#include "net/http/door.hpp"
#include "net/listener.hpp"
#include "net/shard.hpp"
#include "net/shard_queue.hpp"
#include "net/socketio/namespaces.hpp"
#include "tests/conformance/options.hpp"

#include <memory>
#include <string>

namespace conformance {

/// One shard on the main thread, with HTTP in front of it and no actors behind.
class host {
public:
  explicit host(options o);
  ~host();

  const options& config() const { return config_; }
  net::shard& home() { return home_; }
  boost::asio::io_context& io() { return queue_.io(); }
  net::http::routes& table() { return *table_; }
  /// 24 unguessable characters, URL-safe.
  static std::string random();
  /// ISO 8601.
  static std::string now();

  /// An Engine.IO server at `path`, with and without a slash at its end.
  void add_engine(const std::string& path, net::engineio::server::factory make);

  /// Listens, says so in one line, and serves until SIGTERM or SIGINT.
  void run();

private:
  options config_;
  net::shard_queue queue_;
  net::shard home_;
  std::shared_ptr<net::http::routes> table_;
  std::shared_ptr<net::http::door> door_;
  std::shared_ptr<net::listener> ears_;
};

// -- the modes --
void add_engine_echo(host& h);
void add_protocol(host& h);
void add_app(host& h);
void add_echo(host& h);
/// Socket.IO at /socket.io/ with these namespaces.
void add_socketio(host& h, std::shared_ptr<const net::socketio::namespaces> known);

} // namespace conformance
