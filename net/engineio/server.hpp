#pragma once

#include "net/engineio/session.hpp"

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace net::engineio {

/// The sessions of one shard, and the door to them: handshakes are checked, requests find their
/// session, also when it lives on another shard. Runs on its shard's thread.
class server {
public:
  struct settings {
    options limits;
    std::vector<std::string> origins;
    std::size_t shards = 1;
    std::function<std::string()> random; // at least 15 unguessable bytes, URL-safe
    std::chrono::milliseconds clock_step = timer_wheel::tick; // how late a heartbeat may be
  };
  /// Makes whatever the application derives from session. nullptr: too many come at once.
  using factory = std::function<std::shared_ptr<session>(
    environment& shared, std::string sid, const http::exchange_ptr& first)>;

  server(shard& home, settings s, factory make);
  ~server();
  server(const server&) = delete;

  void handle(const http::exchange_ptr& e);
  std::size_t sessions() const { return sessions_.size(); }

private:
  void refuse(const http::exchange_ptr& e, refusal why);
  void refuse_crowd(const http::exchange_ptr& e);
  void preflight(const http::exchange_ptr& e);

  settings settings_;
  factory make_;
  timers clock_;
  environment shared_;
  std::unordered_map<std::string, std::shared_ptr<session>> sessions_;
};

} // namespace net::engineio
