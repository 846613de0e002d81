#pragma once

#include "domain/rate_limit.hpp"
#include "net/http/door.hpp"
#include "net/static_files.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

namespace net::http {

/// What the HTTP of all shards shares. Any thread; locks are held for a lookup only.
class site {
public:
  explicit site(const std::string& web_dir);

  /// 0: taken; otherwise how long until the next one.
  std::chrono::milliseconds
  take(const std::string& key, const domain::rate& r, domain::steady_time now);

  /// Marks a request with an Idempotency-Key as running, until `end` or the mark is dropped.
  /// nullptr: it is already.
  class mark;
  std::shared_ptr<mark> begin(std::string key);

  const static_files& files() const { return files_; }

  /// Doors by shard index, for handing over and for metrics.
  void add(std::uint32_t shard_index, const std::shared_ptr<door>& d);
  std::shared_ptr<door> at(std::uint32_t shard_index) const;
  std::vector<std::shared_ptr<door>> all() const;

  std::chrono::steady_clock::time_point started() const { return started_; }

private:
  struct running {
    std::mutex mutex;
    std::unordered_set<std::string> keys;
  };
  std::mutex rate_mutex_;
  domain::rate_table rates_;
  std::shared_ptr<running> running_;
  static_files files_;
  mutable std::mutex door_mutex_;
  std::vector<std::weak_ptr<door>> doors_;
  std::chrono::steady_clock::time_point started_;
};

class site::mark {
public:
  mark(std::shared_ptr<running> all, std::string key)
      : all_(std::move(all)), key_(std::move(key)) {}
  ~mark() { end(); }
  mark(const mark&) = delete;
  mark& operator=(const mark&) = delete;
  /// To be called before the answer goes out: who has it may ask again at once, on another thread,
  /// while closures of the first request still live.
  void end();

private:
  std::shared_ptr<running> all_; // nullptr: ended
  std::string key_;
};

} // namespace net::http
