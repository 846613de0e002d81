// What happens at the bound of a connection's queue (contract section 5): volatile events are
// dropped, then those of class background, then low, and `gap` tells of all; then it is closed.
#include "domain/json.hpp"
#include "net/client.hpp"
#include "net/services.hpp"
#include "net/shard.hpp"
#include "net/tracer.hpp"

namespace net {

namespace {

/// In which order they give way; the last does not.
enum class firmness { is_volatile, background, low, firm };

firmness firmness_of(const handling& how) {
  if (how.is_volatile)
    return firmness::is_volatile;
  if (how.priority == domain::priority::background)
    return firmness::background;
  return how.priority == domain::priority::low ? firmness::low : firmness::firm;
}

std::string_view name_of(firmness f) {
  if (f == firmness::is_volatile)
    return "volatile";
  return domain::to_string(
    f == firmness::background ? domain::priority::background : domain::priority::low);
}

} // namespace

bool client::make_room(std::size_t bytes, const handling& how) {
  const auto own = firmness_of(how);
  const auto max = home_.queue_bytes_max();
  const auto replaced = queue_.waiting() != nullptr ? queue_.waiting()->bytes_replaced_by(how) : 0;
  if (replaced > 0 && queue_.bytes() + bytes - replaced <= max)
    return true;
  if (own != firmness::is_volatile)
    if (auto* waiting = queue_.waiting(); waiting != nullptr) {
      const auto fits = [&] { return queue_.bytes() + bytes <= max; };
      const auto note = [&](const class_queue::dropped& gone) {
        note_dropped(gone.topic.get(), gone.cls);
      };
      if (waiting->has_volatile())
        for (const auto& gone : waiting->drop_volatile())
          note(gone);
      for (const auto lane : {domain::priority::background, domain::priority::low})
        while (!fits() && waiting->has(lane) && firmness_of({.priority = lane}) <= own)
          note(waiting->drop_oldest(lane));
      if (fits())
        return true;
    }
  if (own != firmness::firm) {
    note_dropped(how.topic.get(), name_of(own));
    return false;
  }
  is_overflowed_ = true;
  home_.overflowed(*this);
  return false;
}

void client::note_dropped(const domain::topic& from, std::uint32_t count) {
  if (is_closed_ || is_overflowed_)
    return;
  note_dropped(&from, name_of(firmness::is_volatile), count);
  become_dirty();
}

void client::note_dropped(const domain::topic* from, std::string_view cls, std::uint32_t count) {
  if (auto& trace = home_.context().trace; trace.is_on())
    trace.dropped(party(), from != nullptr ? std::string_view{*from} : std::string_view{}, cls);
  home_.stats.dropped.fetch_add(count, std::memory_order_relaxed);
  if (cls == domain::to_string(domain::priority::low))
    home_.stats.dropped_low.fetch_add(1, std::memory_order_relaxed);
  else if (cls == domain::to_string(domain::priority::background))
    home_.stats.dropped_background.fetch_add(1, std::memory_order_relaxed);
  if (gaps_ == nullptr)
    gaps_ = std::make_unique<gap_counts>();
  (*gaps_)[{from != nullptr ? *from : domain::topic{}, cls}] += count;
}

/// When most of the backlog is gone, so that the notice itself finds room.
void client::tell_gaps() {
  if (gaps_ == nullptr || queue_.bytes() > home_.queue_bytes_max() / 4)
    return;
  const auto told = std::move(gaps_);
  // Lost with the connection, it would stay silent: no offset counts before something behind it.
  note_unordered(home_.recent().position() + 1);
  for (const auto& [of, dropped] : *told)
    on_emit(
      "gap", domain::json_object{}
               .text("topic", of.first)
               .number("dropped", std::uint64_t{dropped})
               .text("class", of.second)
               .take());
}

} // namespace net
