#pragma once

#include "actors/node.hpp"
#include "net/front.hpp"
#include "net/settings.hpp"
#include "net/shard.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace net {

class delivery;
class tls;
class tracer;

/// How often an address may come in; shared by all shards. Any thread.
class admission {
public:
  explicit admission(const actors::settings& s) : settings_(s) {}
  /// 0: let in. Otherwise how long to wait.
  std::chrono::milliseconds take_connect(const std::string& address, domain::steady_time now) {
    std::lock_guard guard{mutex_};
    return connects_.take(address, settings_.rates.connects, now);
  }

  /// False: this address has `max` connections already. 0: no bound.
  bool enter(const std::string& address, std::size_t max) {
    if (max == 0)
      return true;
    std::lock_guard guard{mutex_};
    auto& present = present_[address];
    if (present >= max)
      return false;
    ++present;
    return true;
  }
  void leave(const std::string& address, std::size_t max) {
    if (max == 0)
      return;
    std::lock_guard guard{mutex_};
    auto found = present_.find(address);
    if (found != present_.end() && --found->second == 0)
      present_.erase(found);
  }

  /// A place for a handshake until it has signed in, to be let go then. nullptr: `max` of this
  /// address wait already. 0: no bound. Not to outlive us.
  std::shared_ptr<void> arrive(const std::string& address, std::size_t max) {
    {
      std::lock_guard guard{mutex_};
      auto& waiting = arriving_[address];
      if (max > 0 && waiting >= max)
        return nullptr;
      ++waiting;
    }
    return {this, [address](void* gate) { static_cast<admission*>(gate)->settle(address); }};
  }

private:
  void settle(const std::string& address) {
    std::lock_guard guard{mutex_};
    if (const auto found = arriving_.find(address); --found->second == 0)
      arriving_.erase(found);
  }

  const actors::settings& settings_;
  std::mutex mutex_;
  domain::rate_table connects_;
  std::unordered_map<std::string, std::size_t> present_;  // by address; only while a bound is set
  std::unordered_map<std::string, std::size_t> arriving_; // by address
};

/// What the front of one shard works with. One per shard; its references live as long as the
/// server.
struct services {
  actors::node& node;
  shard& home;
  front& ask;
  const settings& config;
  std::vector<shard*> shards; // all of them, by index
  const std::atomic<bool>& is_draining;
  std::atomic<std::uint64_t>& http_connections; // live, for metrics
  admission& gate;
  delivery& out;
  tracer& trace;
  const tls* secured = nullptr; // nullptr: plain HTTP
};

} // namespace net
