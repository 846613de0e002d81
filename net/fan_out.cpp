#include "net/fan_out.hpp"

#include "net/client.hpp"
#include "net/encoded_run.hpp"
#include "net/journal.hpp"
#include "net/prefetch.hpp"
#include "net/services.hpp"
#include "net/topics.hpp"
#include "net/tracer.hpp"

#include <algorithm>

namespace net {

namespace {

constexpr std::size_t fetched_ahead = 8; // subscribers
constexpr std::size_t run_length_max = 256;
constexpr std::size_t run_bytes_max = 64 * 1024; // well below any queue

constexpr auto event_of = encoded_run::event_of;

bool may_join(const shard::delivery& d) {
  const auto& e = *d.what;
  return e.except_user.empty() && e.cls != domain::delivery_class::droppable && e.key.empty()
         && e.audience == nullptr && d.receipts.empty();
}

inline bool gets(const client& who, const domain::event& what) {
  return !who.is_closed() && (what.except_user.empty() || who.user() != what.except_user);
}

/// For operators who watch; before anything is queued, which may be dropped then.
void tell(
  tracer& trace, std::uint32_t shard_index, std::span<shard::order> run, const topic_entry& topic) {
  for (const auto& each : run) {
    const auto& what = *event_of(each);
    const auto& all = topic.subscribers;
    if (trace.follows(what)) {
      const auto receivers =
        std::count_if(all.begin(), all.end(), [&](const client* who) { return gets(*who, what); });
      trace.handed_out(what, shard_index, static_cast<std::size_t>(receivers));
    }
    if (!trace.follows_people())
      continue;
    for (const auto* who : all)
      if (gets(*who, what))
        trace.queued(who->party(), what);
  }
}

encoded_run::packing packing_of(const client& who) {
  return who.takes_deflated() ? encoded_run::packing::deflated : encoded_run::packing::plain;
}

/// Once per run; `topic`: through which the receivers get it.
handling handling_of(const domain::event_ptr& what, const domain::topic& topic) {
  return {
    .priority = what->priority,
    .is_volatile = what->cls == domain::delivery_class::droppable,
    .topic = {what, &topic},
    .key = what->key};
}

/// What may be written before something older must not move the client's offset past that.
void hand_out_of_order(client& who, encoded_run& made, const handling& how) {
  for (const auto& one : made.unmarked(who.protocol()))
    who.enqueue(one, how);
  who.note_unordered(made.first() + made.run().size() - 1);
}

void hand_to(client& who, encoded_run& made, const handling& how) {
  if (who.is_holding()) {
    for (std::size_t i = 0; i < made.run().size(); ++i)
      who.hold(event_of(made.run()[i]), made.first() + i);
    return;
  }
  const bool is_slow = who.has_backlog();
  if (is_slow && !who.adds_to_events() && who.would_overtake(how))
    return hand_out_of_order(who, made, how);
  who.note_marked(made.first() + made.run().size() - 1);
  if (who.adds_to_events()) {
    const auto& frames = made.frames(who.protocol(), encoded_run::packing::plain);
    for (std::size_t i = 0; i < frames.size(); ++i)
      who.on_event(*event_of(made.run()[i]), frames[i], how);
    return;
  }
  // What may be dropped is counted one by one.
  const bool is_firm = how.priority <= domain::priority::normal;
  if (who.takes_chunks() && (is_firm || !is_slow))
    return who.enqueue(made.chunk(who.protocol(), packing_of(who)), how);
  for (const auto& one : made.frames(who.protocol(), packing_of(who)))
    who.enqueue(one, how);
}

/// A topic of an audience, as its receivers get it.
struct way {
  const topic_entry* topic;
  handling how;
};

/// Calls `give` for each client that may be near enough, with its first way. False: all have to be
/// looked at.
template <class Give>
bool give_around(
  const topics& all, const domain::near_condition& where, std::span<const way> ways, Give give) {
  constexpr std::size_t ways_max = 4; // each is looked for among the subscriptions
  if (ways.size() > ways_max)
    return false;
  std::size_t total = 0;
  for (const auto& each : ways)
    total += each.topic->subscribers.size();
  const auto found = all.around(where, total / 2);
  if (!found)
    return false;
  for (auto* who : *found) {
    const auto mine = std::find_if(
      ways.begin(), ways.end(), [&](const way& each) { return all.has(*who, *each.topic); });
    if (mine != ways.end())
      give(*who, mine->how);
  }
  return true;
}

/// Each session of the audience once, whatever the number of topics through which it is in.
std::size_t hand_to_audience(shard& home, const domain::event_ptr& what, encoded_run& made) {
  const auto& whom = *what->audience;
  const auto walk = home.next_walk();
  for (const auto& excepted : whom.except_topics)
    if (const auto* topic = home.subscribers().find(excepted))
      for (auto* who : topic->subscribers)
        who->visit(walk);
  std::vector<way> ways;
  for (const auto& name : whom.topics)
    if (const auto* topic = home.subscribers().find(name))
      ways.push_back({topic, handling_of(what, name)});
  auto& trace = home.context().trace;
  const bool is_traced = trace.is_on();
  std::size_t handed_to = 0;
  const auto give = [&](client& who, const handling& how) {
    if (!who.visit(walk) || who.is_closed() || !domain::holds(whom.when, who.facts()))
      return;
    if (is_traced && trace.follows_people())
      trace.queued(who.party(), *what);
    hand_to(who, made, how);
    ++handed_to;
  };
  if (!whom.when.near || !give_around(home.subscribers(), *whom.when.near, ways, give))
    for (const auto& each : ways)
      for (auto* who : each.topic->subscribers)
        give(*who, each.how);
  if (is_traced)
    trace.handed_out(*what, home.index(), handed_to);
  return handed_to;
}

std::size_t hand_to_topic(shard& home, const domain::event_ptr& what, encoded_run& made) {
  const auto* topic = home.subscribers().find(what->topic);
  if (topic == nullptr)
    return 0;
  if (auto& trace = home.context().trace; trace.is_on())
    tell(trace, home.index(), made.run(), *topic);
  const auto how = handling_of(what, what->topic);
  std::size_t handed_to = 0;
  const auto& all = topic->subscribers;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i + fetched_ahead < all.size())
      prefetch(all[i + fetched_ahead], 3);
    auto* who = all[i];
    if (!gets(*who, *what))
      continue;
    hand_to(*who, made, how);
    ++handed_to;
  }
  return handed_to;
}

} // namespace

std::size_t length_of_run(std::span<const shard::order> orders) {
  const auto& head = *event_of(orders.front());
  std::size_t end = 1;
  if (!may_join(std::get<shard::delivery>(orders.front())))
    return end;
  auto bytes = head.data.size();
  while (end < orders.size() && end < run_length_max) {
    const auto* next = std::get_if<shard::delivery>(&orders[end]);
    if (
      next == nullptr || next->what == nullptr || next->what->topic != head.topic
      || next->what->cls != head.cls || next->what->priority != head.priority || !may_join(*next))
      break;
    bytes += next->what->data.size();
    if (bytes > run_bytes_max)
      break;
    ++end;
  }
  return end;
}

std::size_t bytes_of(std::span<const shard::order> run) {
  std::size_t bytes = 0;
  for (const auto& one : run)
    bytes += std::get<shard::delivery>(one).what->data.size();
  return bytes;
}

std::size_t fan_out(shard& home, std::span<shard::order> run, domain::steady_time now) {
  std::uint64_t first_position = 0;
  for (auto& o : run) {
    auto position = home.recent().add(event_of(o), now);
    if (first_position == 0)
      first_position = position;
  }
  encoded_run made{run, home.index(), first_position};
  const auto& head = event_of(run.front());
  const auto handed_to = head->audience != nullptr ? hand_to_audience(home, head, made)
                                                   : hand_to_topic(home, head, made);
  home.stats.delivered.fetch_add(run.size() * handed_to, std::memory_order_relaxed);
  auto& receipts = std::get<shard::delivery>(run.front()).receipts;
  for (const auto& each : receipts)
    each->add(handed_to);
  receipts.clear();
  return handed_to;
}

} // namespace net
