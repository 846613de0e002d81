#include "net/conflation.hpp"

#include "net/tracer.hpp"

#include <string>
#include <unordered_map>
#include <utility>

namespace net {

namespace {

bool is_for_the_same(const domain::event& a, const domain::event& b) {
  if (a.priority != b.priority || a.cls != b.cls || a.except_user != b.except_user)
    return false;
  if (a.audience == nullptr || b.audience == nullptr)
    return a.audience == b.audience;
  return *a.audience == *b.audience;
}

void stand_in(shard::delivery& older, shard::delivery& newer) {
  for (auto& each : older.receipts) // whoever sent the older one is told of the same sessions
    newer.receipts.push_back(std::move(each));
  older = std::exchange(newer, {});
}

} // namespace

std::size_t conflate(std::vector<shard::order>& orders, tracer* trace) {
  std::unordered_map<std::string, shard::delivery*> known; // by topic and key
  std::size_t emptied = 0;
  for (auto& each : orders) {
    auto* now = std::get_if<shard::delivery>(&each);
    if (now == nullptr) {
      known.clear();
      continue;
    }
    if (now->what == nullptr || now->what->key.empty())
      continue;
    auto& place = known[now->what->topic + '\0' + now->what->key];
    if (place != nullptr && is_for_the_same(*place->what, *now->what)) {
      if (trace != nullptr && trace->is_on())
        trace->conflated(*place->what);
      stand_in(*place, *now);
      ++emptied;
    } else {
      place = now;
    }
  }
  return emptied;
}

} // namespace net
