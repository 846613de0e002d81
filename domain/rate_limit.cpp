#include "domain/rate_limit.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace domain {

namespace {

constexpr std::size_t count_max = 1'000'000'000;
constexpr std::int64_t window_max = 86'400;

bool parse_number(std::string_view text, std::int64_t max, std::int64_t& out) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  return problem == std::errc{} && end == text.data() + text.size() && out >= 1 && out <= max;
}

/// How far a burst of `count` may run ahead, and what one event costs.
struct cost {
  std::chrono::nanoseconds one;
  std::chrono::nanoseconds burst;
};
cost cost_of(const rate& r) {
  const auto one = std::chrono::nanoseconds{r.window} / static_cast<std::int64_t>(r.count);
  return {one, one * static_cast<std::int64_t>(r.count)};
}

std::chrono::milliseconds wait_of(steady_time next, const rate& r, steady_time now) {
  const auto [one, burst] = cost_of(r);
  const auto over = std::max(next, now) + one - now - burst;
  return over <= over.zero() ? std::chrono::milliseconds{0}
                             : std::chrono::ceil<std::chrono::milliseconds>(over);
}

} // namespace

std::optional<rate> parse_rate(std::string_view text) {
  if (text == "off")
    return rate{};
  const auto slash = text.find('/');
  std::int64_t count = 0;
  std::int64_t seconds = 0;
  if (
    slash == std::string_view::npos
    || !parse_number(text.substr(0, slash), static_cast<std::int64_t>(count_max), count)
    || !parse_number(text.substr(slash + 1), window_max, seconds))
    return std::nullopt;
  return rate{static_cast<std::size_t>(count), std::chrono::seconds{seconds}};
}

std::chrono::milliseconds rate_bucket::take(const rate& r, steady_time now) {
  if (r.is_off())
    return std::chrono::milliseconds{0};
  const auto wait = wait_of(next_, r, now);
  if (wait.count() == 0)
    next_ = std::max(next_, now) + cost_of(r).one;
  return wait;
}

bool rate_bucket::is_full(const rate& r, steady_time now) const {
  return r.is_off() || next_ <= now;
}

std::chrono::milliseconds rate_table::take(const std::string& key, const rate& r, steady_time now) {
  if (r.is_off())
    return std::chrono::milliseconds{0};
  const auto known = buckets_.find(key);
  if (known != buckets_.end())
    return known->second.take(r, now);
  if (buckets_.size() >= max_keys_)
    sweep(r, now);
  return buckets_[key].take(r, now);
}

std::chrono::milliseconds
rate_table::wait(const std::string& key, const rate& r, steady_time now) const {
  const auto known = buckets_.find(key);
  if (r.is_off() || known == buckets_.end())
    return std::chrono::milliseconds{0};
  auto looked_at = known->second; // taking from a copy takes nothing
  return looked_at.take(r, now);
}

void rate_table::sweep(const rate& r, steady_time now) {
  std::erase_if(buckets_, [&](const auto& entry) { return entry.second.is_full(r, now); });
  // An eighth at once, so that a flood of new keys pays for one sweep in every max/8 of them.
  const auto keep = max_keys_ - std::max<std::size_t>(1, max_keys_ / 8);
  if (buckets_.size() <= keep)
    return;
  using entry = decltype(buckets_)::iterator;
  std::vector<entry> entries;
  entries.reserve(buckets_.size());
  for (auto e = buckets_.begin(); e != buckets_.end(); ++e)
    entries.push_back(e);
  const auto cut = entries.begin() + static_cast<std::ptrdiff_t>(buckets_.size() - keep);
  std::nth_element(entries.begin(), cut, entries.end(), [](entry a, entry b) {
    return a->second.is_older_than(b->second);
  });
  std::for_each(entries.begin(), cut, [this](entry e) { buckets_.erase(e); });
}

} // namespace domain
