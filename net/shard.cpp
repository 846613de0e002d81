#include "net/shard.hpp"

#include "domain/limits.hpp"
#include "net/client.hpp"
#include "net/egress_batch.hpp"
#include "net/fan_out.hpp"
#include "net/journal.hpp"
#include "net/order_queue.hpp"
#include "net/parking.hpp"
#include "net/prefetch.hpp"
#include "net/services.hpp"
#include "net/shard_queue.hpp"
#include "net/topics.hpp"
#include "net/trail.hpp"
#include "net/websocket.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <unordered_map>
#include <utility>

namespace net {

namespace {

thread_local shard* current_shard = nullptr;

constexpr std::size_t interest_slots = 8'192;
constexpr auto house_interval = std::chrono::seconds{1};

constexpr std::size_t fetched_ahead = 4; // connections

// What one turn hands out, before sockets and actors have theirs: references put into queues, and
// what each event costs beside them.
constexpr std::size_t handed_out_max = 32'768;
constexpr std::size_t event_share = 16;
// So much that waits ends a turn before its time.
constexpr std::size_t soon_bytes = domain::limits::shard_queue_bytes_max / 8;

domain::steady_time steady_now() {
  return std::chrono::steady_clock::now();
}

} // namespace

struct shard::impl {
  explicit impl(boost::asio::io_context& io) : house(io) {}

  struct slot {
    std::shared_ptr<client> who;
    std::uint32_t generation = 0;
  };
  std::vector<slot> slots;
  std::vector<std::uint32_t> free_slots;
  std::vector<std::shared_ptr<client>> dirty, flushing;
  std::vector<std::shared_ptr<client>> overflowed;
  std::unique_ptr<egress_batch> egress; // only while sends go together

  order_queue orders;
  bool is_deferred = false; // the batch waits for the actors that were ready when it was taken
  shard_queue* queue = nullptr;
  std::array<std::atomic<std::uint32_t>, interest_slots> interest{};

  std::unique_ptr<parking> left; // who may come back
  std::unordered_map<std::string, std::weak_ptr<client>> by_pid;
  boost::asio::steady_timer house;
};

shard::shard(
  std::uint32_t index, shard_queue& queue, caf::execution_unit* unit, std::size_t queue_bytes_max)
    : index_(index), io_(queue.io()), unit_(unit), queue_bytes_max_(queue_bytes_max),
      topics_(std::make_unique<topics>()), journal_(std::make_unique<journal>()),
      trail_(std::make_unique<trail>()), impl_(std::make_unique<impl>(queue.io())) {
  impl_->queue = &queue;
  impl_->left = std::make_unique<parking>([this](const std::vector<domain::topic>& topics) {
    for (const auto& topic : topics)
      interest(topic).fetch_sub(1, std::memory_order_relaxed);
  });
  queue.on_end_of_turn([this] { return end_of_turn(); });
}

shard::~shard() = default;

shard* shard::current() {
  return current_shard;
}

void shard::start() {
  current_shard = this;
  keep_house();
}

bool shard::use_io_uring() {
  impl_->egress = egress_batch::make();
  sends_together_ = impl_->egress != nullptr;
  return sends_together_;
}

void shard::stop() {
  impl_->house.cancel();
  impl_->dirty.clear();
  for (auto& slot : impl_->slots)
    slot.who.reset();
  topics_ = std::make_unique<topics>(); // it named them
}

void shard::post(std::function<void()> what) {
  boost::asio::post(io_, std::move(what));
}

actors::connection_ref shard::attach(std::shared_ptr<client> who) {
  std::uint32_t at;
  if (impl_->free_slots.empty()) {
    at = static_cast<std::uint32_t>(impl_->slots.size());
    impl_->slots.emplace_back();
  } else {
    at = impl_->free_slots.back();
    impl_->free_slots.pop_back();
  }
  auto& slot = impl_->slots[at];
  if (++slot.generation == 0) // 0 means nobody
    slot.generation = 1;
  slot.who = std::move(who);
  slot.who->ref_ = {index_, at, slot.generation};
  ++live_;
  stats.clients.store(live_, std::memory_order_relaxed);
  return slot.who->ref_;
}

void shard::detach(const actors::connection_ref& ref) {
  auto who = find(ref);
  if (who == nullptr)
    return;
  topics_->remove_all(*who, [this](const domain::topic& topic) {
    interest(topic).fetch_sub(1, std::memory_order_relaxed);
  });
  if (!who->pid().empty())
    if (auto known = impl_->by_pid.find(who->pid());
        known != impl_->by_pid.end() && known->second.lock() == who)
      impl_->by_pid.erase(known);
  impl_->slots[ref.slot].who.reset();
  impl_->free_slots.push_back(ref.slot);
  --live_;
  stats.clients.store(live_, std::memory_order_relaxed);
}

std::shared_ptr<client> shard::find(const actors::connection_ref& ref) const {
  if (
    ref.shard != index_ || ref.slot >= impl_->slots.size()
    || impl_->slots[ref.slot].generation != ref.generation)
    return nullptr;
  return impl_->slots[ref.slot].who;
}

void shard::become_dirty(client& who) {
  if (who.is_dirty_)
    return;
  who.is_dirty_ = true;
  impl_->dirty.push_back(who.shared_from_this());
}

void shard::overflowed(client& who) {
  impl_->overflowed.push_back(who.shared_from_this());
}

void shard::push(order o) {
  const auto before = impl_->orders.bytes();
  const auto wake = impl_->orders.push(std::move(o));
  if (before < soon_bytes && impl_->orders.bytes() >= soon_bytes)
    impl_->queue->end_turn_soon();
  if (wake && current_shard != this) // otherwise the end of this turn comes anyway
    boost::asio::post(io_, [] {});
}

bool shard::is_full() const {
  return impl_->orders.is_full();
}

std::size_t shard::waiting_bytes() const {
  return impl_->orders.bytes();
}

std::atomic<std::uint32_t>& shard::interest(const domain::topic& topic) {
  return impl_->interest[std::hash<std::string>{}(topic) % interest_slots];
}

void shard::subscribe_now(client& who, const domain::topic& topic) {
  if (!topics_->add(who, topic))
    interest(topic).fetch_sub(1, std::memory_order_relaxed);
}

void shard::take_orders() {
  const auto older = impl_->orders.take(context_ != nullptr ? &context_->trace : nullptr);
  if (older > 0)
    stats.conflated.fetch_add(older, std::memory_order_relaxed);
}

void shard::handle_orders() {
  impl_->is_deferred = false;
  const auto hand_out_all = [this] {
    while (!hand_out())
      flush_dirty(); // who reads must not be closed for what comes at once
  };
  hand_out_all();
  flush_dirty();
  take_orders(); // once: others may go on pushing for ever
  hand_out_all();
}

/// One turn's share of the batch. True: nothing is left of it.
bool shard::hand_out() {
  auto& orders = impl_->orders;
  std::size_t handed_out = 0;
  std::size_t bytes = 0;
  while (!orders.is_done()) {
    if (handed_out >= handed_out_max)
      return false;
    handed_out += event_share;
    const auto rest = orders.rest();
    std::size_t length = 1;
    if (const auto* change = std::get_if<subscription>(&rest.front())) {
      apply(*change);
    } else if (auto* told = std::get_if<description>(&rest.front())) {
      if (auto who = find(told->who))
        who->set_facts(std::move(told->facts));
    } else if (std::get<delivery>(rest.front()).what != nullptr) {
      length = length_of_run(rest);
      const auto run = rest.first(length);
      const auto size = bytes_of(run);
      // One turn may bring more than a queue holds; who reads must not be closed for that.
      if (bytes > 0 && bytes + size > queue_bytes_max_ / 4)
        return false;
      bytes += size;
      handed_out += length * (event_share + fan_out(*this, run, steady_now()));
    }
    orders.done(length);
  }
  tell_dropped();
  return true;
}

/// What volatile events gave way to was accepted before them, and has been handed out.
void shard::tell_dropped() {
  for (const auto& [name, count] : impl_->orders.take_dropped())
    if (const auto* topic = topics_->find(name))
      for (auto* who : topic->subscribers)
        who->note_dropped(topic->name, count);
}

void shard::apply(const subscription& change) {
  auto who = find(change.who);
  // Interest was counted when this was asked for; it is given back when nothing came of it.
  if (
    change.add ? who == nullptr || !topics_->add(*who, change.topic)
               : who != nullptr && topics_->remove(*who, change.topic))
    interest(change.topic).fetch_sub(1, std::memory_order_relaxed);
}

bool shard::end_of_turn() {
  auto& orders = impl_->orders;
  auto worked = false;
  // An actor on another shard answers first and delivers then. Its answer may have come after the
  // last look at the run queue and its delivery before this one: so actors that are ready now run
  // once more before the deliveries.
  if (!impl_->is_deferred && orders.is_done()) {
    take_orders();
    if (!orders.is_done() && impl_->queue->has_jobs()) {
      impl_->is_deferred = true;
      if (orders.bytes() >= soon_bytes)
        impl_->queue->end_turn_soon();
      return true;
    }
  }
  impl_->is_deferred = false;
  const bool is_done = hand_out();
  worked = !is_done || orders.has_more(); // came meanwhile: another round
  if (!is_done || orders.bytes() >= soon_bytes)
    impl_->queue->end_turn_soon();
  close_overflowed();
  worked = flush_dirty() || worked;
  stats.turns.store(stats.turns.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return worked;
}

bool shard::flush_dirty() {
  if (impl_->dirty.empty())
    return false;
  auto& all = impl_->flushing;
  all.swap(impl_->dirty);
  for (std::size_t first = 0; first < all.size(); first += egress_batch::sockets_max) {
    const auto end = std::min(all.size(), first + egress_batch::sockets_max);
    if (impl_->egress != nullptr && end - first > 1)
      send_together(first, end);
    for (auto i = first; i < end; ++i) {
      auto& who = *all[i];
      who.is_dirty_ = false;
      if (!who.is_closed_) {
        if (!who.queue_.take_settled() || !who.queue_.empty())
          who.flush();
        who.queue_.note_flushed();
        who.tell_gaps();
        who.on_flushed();
      }
      all[i].reset(); // now, while it is at hand
    }
  }
  all.clear();
  return true;
}

/// Most of what the flushes behind it would send.
void shard::send_together(std::size_t first, std::size_t end) {
  auto& all = impl_->flushing;
  auto& batch = *impl_->egress;
  for (auto i = first; i < end; ++i) {
    // The connections of a large room are in no cache: the next ones are fetched meanwhile.
    if (i + 2 * fetched_ahead < all.size())
      prefetch(all[i + 2 * fetched_ahead].get(), 3);
    if (i + fetched_ahead < all.size())
      if (const auto* next = all[i + fetched_ahead]->queue_.writer(); next != nullptr)
        prefetch(next, 3);
    auto& who = *all[i];
    if (auto* writer = who.queue_.writer(); writer != nullptr && !who.is_closed_)
      writer->flush_into(batch);
  }
  if (!batch.send()) {
    impl_->egress.reset();
    sends_together_ = false;
  }
}

void shard::close_overflowed() {
  auto slow = std::move(impl_->overflowed);
  impl_->overflowed.clear();
  for (auto& who : slow) {
    stats.slow_closed.fetch_add(1, std::memory_order_relaxed);
    trail_->note(trail::kind::overflowed, *who, {}, who->queue_.bytes());
    if (context_->trace.is_on())
      context_->trace.dropped(who->party(), {}, "slow-consumer");
    if (!who->is_closed_)
      who->on_close(domain::close_code::slow_consumer);
  }
}

void shard::park(std::string pid, std::vector<domain::topic> kept, const stretch& known) {
  for (const auto& topic : kept)
    interest(topic).fetch_add(1, std::memory_order_relaxed);
  const auto window = context_->node.config().resume_window
                      + std::chrono::milliseconds{domain::limits::presence_grace};
  impl_->left->put(std::move(pid), std::move(kept), known, steady_now() + window);
}

parking& shard::parked() {
  return *impl_->left;
}

std::shared_ptr<client> shard::find_pid(const std::string& pid) const {
  auto found = impl_->by_pid.find(pid);
  return found == impl_->by_pid.end() ? nullptr : found->second.lock();
}

void shard::remember_pid(client& who) {
  impl_->by_pid[who.pid()] = who.weak_from_this();
}

void shard::keep_house() {
  auto now = steady_now();
  if (context_ != nullptr)
    journal_->forget_before(now - context_->node.config().resume_window);
  impl_->left->forget_before(now);
  impl_->house.expires_after(house_interval);
  impl_->house.async_wait([this](const boost::system::error_code& failed) {
    if (!failed)
      keep_house();
  });
}

} // namespace net
