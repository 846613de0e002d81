#include "domain/typing_set.hpp"

#include <algorithm>

namespace domain {

bool typing_set::start(const member_ref& who, steady_time now) {
  const auto [at, is_new] = typing_.try_emplace(who.user, entry{who, {}});
  at->second.until = now + limits::typing_timeout;
  return is_new;
}

bool typing_set::stop(const user_id& user) {
  return typing_.erase(user) > 0;
}

std::vector<member_ref> typing_set::expire(steady_time now) {
  std::vector<member_ref> over;
  std::erase_if(typing_, [&](const auto& item) {
    if (item.second.until > now)
      return false;
    over.push_back(item.second.who);
    return true;
  });
  std::sort(over.begin(), over.end(), [](const member_ref& a, const member_ref& b) {
    return a.user < b.user;
  });
  return over;
}

std::optional<steady_time> typing_set::next_deadline() const {
  const auto first =
    std::min_element(typing_.begin(), typing_.end(), [](const auto& a, const auto& b) {
      return a.second.until < b.second.until;
    });
  if (first == typing_.end())
    return std::nullopt;
  return first->second.until;
}

} // namespace domain
