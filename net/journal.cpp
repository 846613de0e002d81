#include "net/journal.hpp"

#include "domain/limits.hpp"

#include <algorithm>
#include <charconv>

namespace net {

namespace {

std::size_t weight(const domain::event& e) {
  return e.data.size() + e.name.size() + e.topic.size() + sizeof(e);
}

} // namespace

std::uint64_t journal::add(const domain::event_ptr& what, domain::steady_time now) {
  ++last_;
  if (what->cls == domain::delivery_class::droppable)
    return last_;
  entries_.push_back({last_, now, what});
  bytes_ += weight(*what);
  while (entries_.size() > domain::limits::journal_events || bytes_ > domain::limits::journal_bytes)
    drop_oldest();
  return last_;
}

void journal::replay(std::uint64_t position, const std::function<void(const entry&)>& each) const {
  auto first = std::upper_bound(
    entries_.begin(), entries_.end(), position,
    [](std::uint64_t p, const entry& e) { return p < e.position; });
  for (; first != entries_.end(); ++first)
    each(*first);
}

void journal::forget_before(domain::steady_time limit) {
  while (!entries_.empty() && entries_.front().at < limit)
    drop_oldest();
}

void journal::drop_oldest() {
  forgotten_ = entries_.front().position;
  bytes_ -= weight(*entries_.front().what);
  entries_.pop_front();
}

std::string to_string(const journal_offset& o) {
  return std::to_string(o.shard) + '.' + std::to_string(o.position);
}

std::optional<journal_offset> parse_offset(std::string_view text) {
  journal_offset o;
  const auto* end = text.data() + text.size();
  auto [dot, failed] = std::from_chars(text.data(), end, o.shard);
  if (failed != std::errc{} || dot == end || *dot != '.')
    return std::nullopt;
  auto [rest, bad] = std::from_chars(dot + 1, end, o.position);
  if (bad != std::errc{} || rest != end)
    return std::nullopt;
  return o;
}

} // namespace net
