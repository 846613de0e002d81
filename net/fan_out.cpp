#include "net/fan_out.hpp"

#include "net/client.hpp"
#include "net/encode.hpp"
#include "net/journal.hpp"
#include "net/topics.hpp"

#include <array>

namespace net {

namespace {

constexpr std::size_t run_length_max = 256;
constexpr std::size_t run_bytes_max = 64 * 1024; // well below any queue

const domain::event_ptr& event_of(const shard::order& o) {
  return std::get<shard::delivery>(o).what;
}

bool may_join(const domain::event& e) {
  return e.except_user.empty() && e.cls != domain::delivery_class::droppable;
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
    return net::encode(e, what, journal_offset{shard_, position});
  }

  static constexpr auto encodings = static_cast<std::size_t>(encoding::count_);
  std::span<shard::order> run_;
  std::uint32_t shard_;
  std::uint64_t first_;
  std::array<std::vector<frame_ptr>, encodings> frames_;
  std::array<frame_ptr, encodings> chunks_;
};

} // namespace

std::size_t end_of_run(const std::vector<shard::order>& orders, std::size_t first) {
  const auto& head = *event_of(orders[first]);
  auto end = first + 1;
  if (!may_join(head))
    return end;
  auto bytes = head.data.size();
  while (end < orders.size() && end - first < run_length_max) {
    const auto* next = std::get_if<shard::delivery>(&orders[end]);
    if (
      next == nullptr || next->what->topic != head.topic || next->what->cls != head.cls
      || !may_join(*next->what))
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
  const auto& head = *event_of(run.front());
  auto* topic = home.subscribers().find(head.topic);
  if (topic == nullptr)
    return;
  encoded made{run, home.index(), first_position};
  for (auto* who : topic->subscribers) {
    if (who->is_closed() || (!head.except_user.empty() && who->user() == head.except_user))
      continue;
    if (who->is_holding()) {
      for (std::size_t i = 0; i < run.size(); ++i)
        who->hold(event_of(run[i]), first_position + i);
    } else if (who->takes_chunks()) {
      who->enqueue(made.chunk(who->protocol()), head.cls, &head.topic);
    } else {
      for (const auto& one : made.frames(who->protocol()))
        who->enqueue(one, head.cls, &head.topic);
    }
  }
  home.stats.delivered.fetch_add(run.size() * topic->subscribers.size(), std::memory_order_relaxed);
}

} // namespace net
