#include "net/delivery.hpp"

#include "net/client.hpp"
#include "net/shard.hpp"
#include "net/tracer.hpp"

#include <algorithm>

namespace net {

shard* delivery::at(const actors::connection_ref& who) {
  return who.is_none() || who.shard >= shards_.size() ? nullptr : shards_[who.shard];
}

namespace {

bool has_interest(shard& home, const domain::event& what) {
  const auto in = [&home](const domain::topic& topic) {
    return home.interest(topic).load(std::memory_order_relaxed) != 0;
  };
  if (what.audience == nullptr)
    return in(what.topic);
  return std::any_of(what.audience->topics.begin(), what.audience->topics.end(), in);
}

} // namespace

void delivery::deliver(domain::event_ptr what, actors::receipt_ptr counted) {
  if (trace_ != nullptr && trace_->is_on())
    trace_->event(*what);
  std::lock_guard guard{order_};
  for (auto* home : shards_)
    if (has_interest(*home, *what))
      home->push(counted == nullptr ? shard::delivery{what, {}} : shard::delivery{what, {counted}});
}

void delivery::answer(const actors::reply_to& where, actors::reply what) {
  auto* home = at(where.connection);
  if (home == nullptr)
    return;
  if (home == shard::current()) { // the rule: sessions are pinned to their connection's shard
    if (auto who = home->find(where.connection))
      who->answer(where, what);
    return;
  }
  home->post([home, where, what = std::move(what)] {
    if (auto who = home->find(where.connection))
      who->answer(where, what);
  });
}

void delivery::emit(
  const actors::connection_ref& where, std::string_view name, std::string data_json) {
  auto* home = at(where);
  if (home == nullptr)
    return;
  if (home == shard::current()) {
    if (auto who = home->find(where))
      who->on_emit(name, data_json);
    return;
  }
  home->post([home, where, name = std::string{name}, data = std::move(data_json)] {
    if (auto who = home->find(where))
      who->on_emit(name, data);
  });
}

void delivery::subscribe(const actors::connection_ref& who, const domain::topic& topic) {
  if (auto* home = at(who)) {
    std::lock_guard guard{order_};
    home->interest(topic).fetch_add(1, std::memory_order_relaxed);
    home->push(shard::subscription{who, topic, true});
  }
}

void delivery::unsubscribe(const actors::connection_ref& who, const domain::topic& topic) {
  if (auto* home = at(who)) {
    std::lock_guard guard{order_};
    home->push(shard::subscription{who, topic, false});
  }
}

void delivery::describe(const actors::connection_ref& who, domain::session_facts facts) {
  if (auto* home = at(who)) {
    std::lock_guard guard{order_};
    home->push(shard::description{who, std::move(facts)});
  }
}

void delivery::close(const actors::connection_ref& who, domain::close_code why) {
  if (auto* home = at(who)) // posted also on the same shard: the caller may be walking over
                            // connections
    home->post([home, who, why] {
      home->handle_orders(); // what was delivered before still reaches it
      auto found = home->find(who);
      if (found == nullptr)
        return;
      if (why == domain::close_code::shutdown)
        found->tell_drain();
      found->on_close(why);
    });
}

bool delivery::is_full(const domain::topic& of) const {
  return std::any_of(shards_.begin(), shards_.end(), [&](shard* home) {
    return home->is_full() && home->interest(of).load(std::memory_order_relaxed) != 0;
  });
}

void delivery::count_interest(shard& home, const std::vector<domain::topic>& topics) {
  std::lock_guard guard{order_};
  for (const auto& topic : topics)
    home.interest(topic).fetch_add(1, std::memory_order_relaxed);
}

} // namespace net
