#include "domain/attendance.hpp"

namespace domain {

attendance::entry attendance::enter(const member_ref& who, const session_id& session) {
  auto& here = present_[who.user];
  const bool was_here = !here.sessions.empty();
  here.who = who; // the newest name and avatar
  if (!here.sessions.insert(session).second)
    return entry::again;
  ++sessions_;
  return was_here ? entry::another : entry::first;
}

std::optional<member_ref> attendance::leave(const user_id& user, const session_id& session) {
  const auto here = present_.find(user);
  if (here == present_.end() || here->second.sessions.erase(session) == 0)
    return std::nullopt;
  --sessions_;
  if (!here->second.sessions.empty())
    return std::nullopt;
  auto who = std::move(here->second.who);
  present_.erase(here);
  return who;
}

bool attendance::has(const user_id& user, const session_id& session) const {
  const auto here = present_.find(user);
  return here != present_.end() && here->second.sessions.contains(session);
}

std::vector<member_ref> attendance::users(std::size_t limit) const {
  std::vector<member_ref> out;
  for (const auto& [id, here] : present_) {
    if (out.size() >= limit)
      break;
    out.push_back(here.who);
  }
  return out;
}

} // namespace domain
