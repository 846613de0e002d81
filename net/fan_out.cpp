#include "net/fan_out.hpp"

#include "net/client.hpp"
#include "net/journal.hpp"
#include "net/plain/codec.hpp"
#include "net/socketio/encoder.hpp"
#include "net/topics.hpp"

#include <array>

namespace net {

namespace {

constexpr std::size_t run_length_max = 256;
constexpr std::size_t run_bytes_max = 64 * 1024; // well below any queue

const domain::event_ptr& event_of(const shard::order& o) {
  return std::get<shard::delivery>(o).what;
}

bool may_join(const shard::delivery& d) {
  const auto& e = *d.what;
  return e.except_user.empty() && e.cls != domain::delivery_class::droppable && e.key.empty()
         && e.audience == nullptr && d.receipts.empty();
}

/// The frames of one run, made when the first receiver of their protocol is met.
class encoded {
public:
  encoded(std::span<shard::order> run, std::uint32_t shard_index, std::uint64_t first_position)
      : run_(run), shard_(shard_index), first_(first_position) {}

  const std::vector<frame_ptr>& frames(encoding e) {
    auto& all = frames_[static_cast<std::size_t>(e)];
    if (all.empty())
      for (std::size_t i = 0; i < run_.size(); ++i)
        all.push_back(encode(e, *event_of(run_[i]), first_ + i));
    return all;
  }

  /// The same without the offset that a client gives back when it recovers. Only where there is
  /// one.
  const std::vector<frame_ptr>& unmarked(encoding e) {
    if (e != encoding::socketio)
      return frames(e);
    if (unmarked_.empty())
      for (const auto& each : run_) {
        const auto& what = *event_of(each);
        unmarked_.push_back(socketio::encode_event(what.name, what.data, {}));
      }
    return unmarked_;
  }
  std::uint64_t first() const { return first_; }
  std::span<shard::order> run() const { return run_; }

  /// All of the run in one buffer.
  const frame_ptr& chunk(encoding e) {
    auto& whole = chunks_[static_cast<std::size_t>(e)];
    if (whole != nullptr)
      return whole;
    const auto& parts = frames(e);
    if (parts.size() == 1)
      return whole = parts.front();
    auto joined = std::make_shared<frame>();
    std::size_t size = 0;
    for (const auto& part : parts)
      size += part->bytes.size();
    joined->bytes.reserve(size);
    for (const auto& part : parts)
      joined->bytes += part->bytes;
    return whole = std::move(joined);
  }

private:
  frame_ptr encode(encoding e, const domain::event& what, std::uint64_t position) const {
    if (e == encoding::plain)
      return plain::encode_event(what.name, what.data);
    return socketio::encode_event(
      what.name, what.data, to_string(journal_offset{shard_, position}));
  }

  static constexpr auto encodings = static_cast<std::size_t>(encoding::count_);
  std::span<shard::order> run_;
  std::uint32_t shard_;
  std::uint64_t first_;
  std::array<std::vector<frame_ptr>, encodings> frames_;
  std::array<frame_ptr, encodings> chunks_;
  std::vector<frame_ptr> unmarked_;
};

/// Once per run; `topic`: through which the receivers get it.
handling handling_of(const domain::event_ptr& what, const domain::topic& topic) {
  return {
    .priority = what->priority,
    .is_volatile = what->cls == domain::delivery_class::droppable,
    .topic = {what, &topic},
    .key = what->key};
}

/// What may be written before something older must not move the client's offset past that.
void hand_to_slow(client& who, encoded& made, const handling& how) {
  if (!who.would_overtake(how)) {
    // What may be dropped is counted one by one.
    if (who.takes_chunks() && how.priority <= domain::priority::normal)
      return who.enqueue(made.chunk(who.protocol()), how);
    for (const auto& one : made.frames(who.protocol()))
      who.enqueue(one, how);
    return;
  }
  for (const auto& one : made.unmarked(who.protocol()))
    who.enqueue(one, how);
  who.note_unordered(made.first() + made.run().size() - 1);
}

void hand_to(client& who, encoded& made, const handling& how) {
  if (who.is_holding()) {
    for (std::size_t i = 0; i < made.run().size(); ++i)
      who.hold(event_of(made.run()[i]), made.first() + i);
  } else if (who.has_backlog()) {
    hand_to_slow(who, made, how);
  } else if (who.takes_chunks()) {
    who.enqueue(made.chunk(who.protocol()), how);
  } else {
    for (const auto& one : made.frames(who.protocol()))
      who.enqueue(one, how);
  }
}

/// Each session of the audience once, whatever the number of topics through which it is in.
std::size_t hand_to_audience(shard& home, const domain::event_ptr& what, encoded& made) {
  const auto& whom = *what->audience;
  const auto walk = home.next_walk();
  for (const auto& excepted : whom.except_topics)
    if (const auto* topic = home.subscribers().find(excepted))
      for (auto* who : topic->subscribers)
        who->visit(walk);
  std::size_t handed_to = 0;
  for (const auto& name : whom.topics) {
    const auto* topic = home.subscribers().find(name);
    if (topic == nullptr)
      continue;
    const auto how = handling_of(what, name);
    for (auto* who : topic->subscribers) {
      if (!who->visit(walk) || who->is_closed() || !domain::holds(whom.when, who->facts()))
        continue;
      hand_to(*who, made, how);
      ++handed_to;
    }
  }
  return handed_to;
}

std::size_t hand_to_topic(shard& home, const domain::event_ptr& what, encoded& made) {
  const auto* topic = home.subscribers().find(what->topic);
  if (topic == nullptr)
    return 0;
  const auto how = handling_of(what, what->topic);
  std::size_t handed_to = 0;
  for (auto* who : topic->subscribers) {
    if (who->is_closed() || (!what->except_user.empty() && who->user() == what->except_user))
      continue;
    hand_to(*who, made, how);
    ++handed_to;
  }
  return handed_to;
}

} // namespace

std::size_t end_of_run(const std::vector<shard::order>& orders, std::size_t first) {
  const auto& head = *event_of(orders[first]);
  auto end = first + 1;
  if (!may_join(std::get<shard::delivery>(orders[first])))
    return end;
  auto bytes = head.data.size();
  while (end < orders.size() && end - first < run_length_max) {
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

void fan_out(shard& home, std::span<shard::order> run, domain::steady_time now) {
  std::uint64_t first_position = 0;
  for (auto& o : run) {
    auto position = home.recent().add(event_of(o), now);
    if (first_position == 0)
      first_position = position;
  }
  encoded made{run, home.index(), first_position};
  const auto& head = event_of(run.front());
  const auto handed_to = head->audience != nullptr ? hand_to_audience(home, head, made)
                                                   : hand_to_topic(home, head, made);
  home.stats.delivered.fetch_add(run.size() * handed_to, std::memory_order_relaxed);
  auto& receipts = std::get<shard::delivery>(run.front()).receipts;
  for (const auto& each : receipts)
    each->add(handed_to);
  receipts.clear();
}

} // namespace net
