#include "actors/sign_in_cache.hpp"

#include "domain/limits.hpp"

namespace actors {

namespace {

constexpr std::size_t entries_max = 20'000;
constexpr std::chrono::seconds kept_for{5}; // how long a disabled account may still sign in

std::string key_of(const std::string& user, const std::string& login) {
  return login.empty() ? user : user + '\n' + login; // neither has control characters
}

} // namespace

const domain::user* sign_in_cache::find(
  const std::string& user, const std::string& login, domain::steady_time now) const {
  const auto known = users_.find(key_of(user, login));
  return known != users_.end() && known->second.until > now ? &known->second.user : nullptr;
}

void sign_in_cache::remember(
  const domain::user& user, const std::string& login, domain::steady_time now) {
  if (has_ended(login))
    return;
  if (users_.size() >= entries_max)
    std::erase_if(users_, [now](const auto& each) { return each.second.until <= now; });
  if (users_.size() < entries_max)
    users_.insert_or_assign(key_of(user.id.value, login), entry{user, now + kept_for});
}

void sign_in_cache::end(
  const std::string& user, const std::string& login, domain::steady_time now) {
  users_.erase(key_of(user, login));
  std::erase_if(ended_, [now](const auto& each) { return each.second <= now; });
  if (ended_.size() < entries_max)
    ended_.insert_or_assign(login, now + domain::limits::query_timeout);
}

} // namespace actors
