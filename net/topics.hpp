#pragma once

#include "domain/audience.hpp"
#include "domain/event.hpp"
#include "net/geo_index.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace net {

class client;

/// The subscribers of one topic on one shard: a dense array, walked once per delivery.
struct topic_entry {
  domain::topic name;
  std::vector<client*> subscribers;
};

/// Who subscribes to what on one shard. Runs on its thread.
class topics {
public:
  /// False when it already was.
  bool add(client& who, const domain::topic& topic);
  bool remove(client& who, const domain::topic& topic);
  bool has(const client& who, const topic_entry& topic) const;
  /// To be called when its facts have changed.
  void locate(client& who);
  /// See geo_index; whatever they subscribe to.
  std::optional<std::vector<client*>>
  around(const domain::near_condition& where, std::size_t most) const {
    return where_.around(where, most);
  }
  /// Removes it everywhere; calls `each` with the topics it had.
  void remove_all(client& who, const std::function<void(const domain::topic&)>& each);
  /// nullptr when nobody subscribes.
  topic_entry* find(const domain::topic& topic);
  std::size_t size() const { return entries_.size(); }

private:
  void erase_at(topic_entry& entry, std::size_t index);
  /// By the entries' own names: each signed-in user has a topic, and its name is there once.
  std::unordered_map<std::string_view, std::unique_ptr<topic_entry>> entries_;
  geo_index where_;
};

} // namespace net
