#include "net/http/site.hpp"

namespace net::http {

site::site(const std::string& web_dir)
    : running_(std::make_shared<running>()), files_(web_dir),
      started_(std::chrono::steady_clock::now()) {}

std::chrono::milliseconds
site::take(const std::string& key, const domain::rate& r, domain::steady_time now) {
  const std::lock_guard lock{rate_mutex_};
  return rates_.take(key, r, now);
}

std::shared_ptr<site::mark> site::begin(std::string key) {
  const std::lock_guard lock{running_->mutex};
  if (!running_->keys.insert(key).second)
    return nullptr;
  return std::make_shared<mark>(running_, std::move(key));
}

void site::mark::end() {
  const auto all = std::move(all_);
  if (all == nullptr)
    return;
  const std::lock_guard lock{all->mutex};
  all->keys.erase(key_);
}

void site::add(std::uint32_t shard_index, const std::shared_ptr<door>& d) {
  const std::lock_guard lock{door_mutex_};
  if (doors_.size() <= shard_index)
    doors_.resize(shard_index + 1);
  doors_[shard_index] = d;
}

std::shared_ptr<door> site::at(std::uint32_t shard_index) const {
  const std::lock_guard lock{door_mutex_};
  return shard_index < doors_.size() ? doors_[shard_index].lock() : nullptr;
}

std::vector<std::shared_ptr<door>> site::all() const {
  const std::lock_guard lock{door_mutex_};
  std::vector<std::shared_ptr<door>> out;
  for (const auto& weak : doors_)
    if (auto d = weak.lock())
      out.push_back(std::move(d));
  return out;
}

} // namespace net::http
