#pragma once

#include "net/engineio/session.hpp"

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace net::http {
class routes;
}

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
  /// The answer to a request that HTTP refuses before all of it is read.
  http::response refuse_unread(const http::request& head, int status) const;
  const options& limits() const { return settings_.limits; }
  std::size_t sessions() const { return sessions_.size(); }

private:
  std::optional<refusal> judge(const http::request& asked) const;
  bool is_elsewhere(std::string_view sid) const;
  http::response refusal_answer(const http::request& asked, refusal why) const;
  void refuse_crowd(const http::exchange_ptr& e);
  void preflight(const http::exchange_ptr& e);

  settings settings_;
  factory make_;
  timers clock_;
  environment shared_;
  std::unordered_map<std::string, std::shared_ptr<session>> sessions_;
};

/// `s` answers at `path`, with and without a slash at its end, and takes and refuses bodies by its
/// own rules.
void add_route(http::routes& table, const std::string& path, std::shared_ptr<server> s);

} // namespace net::engineio
