#include "tests/conformance/hall.hpp"

#include "net/socketio/connection.hpp"

#include <algorithm>
#include <charconv>

namespace conformance {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t log_max = 65'536;
constexpr std::size_t lost_max = 10'000;

/// The arguments and the offset behind them.
std::string with_offset(std::string_view args, std::uint64_t number) {
  std::string made{args.substr(0, args.size() - 1)};
  made += args.size() > 2 ? ",\"" : "\"";
  made += std::to_string(number);
  made += "\"]";
  return made;
}

} // namespace

void hall::enter(guest& g) {
  g.rooms.insert(g.sid);
  for (const auto& room : g.rooms)
    rooms_[room].insert(&g);
  by_pid_[g.pid] = &g;
}

void hall::leave(guest& g, bool may_return) {
  for (const auto& room : g.rooms)
    if (const auto found = rooms_.find(room); found != rooms_.end()) {
      found->second.erase(&g);
      if (found->second.empty())
        rooms_.erase(found);
    }
  if (const auto found = by_pid_.find(g.pid); found != by_pid_.end() && found->second == &g)
    by_pid_.erase(found);
  forget_old();
  if (may_return && lost_.size() < lost_max)
    lost_[g.pid] = {g, steady_clock::now() + window_};
}

void hall::join(guest& g, const std::string& room) {
  g.rooms.insert(room);
  rooms_[room].insert(&g);
}

template <class Each>
void hall::for_each_in(const std::string& room, const guest* except, Each each) {
  const auto found = rooms_.find(room);
  if (found == rooms_.end())
    return;
  for (auto* g : found->second)
    if (g != except)
      each(*g);
}

void hall::broadcast(
  const std::string& room, const guest* except, std::string_view name,
  net::socketio::content args) {
  forget_old();
  const auto number = ++last_;
  const auto json = with_offset(args.json, number);
  args.json = json;
  log_.push_back(
    {number,
     steady_clock::now(),
     room,
     except == nullptr ? std::string{} : except->sid,
     net::socketio::event_json(name, json),
     {args.attachments.begin(), args.attachments.end()}});
  for_each_in(room, except, [&](guest& g) { g.socket->emit(name, args, {.compress = true}); });
}

void hall::broadcast_volatile(
  const std::string& room, const guest* except, std::string_view name, std::string_view args) {
  for_each_in(room, except, [&](guest& g) {
    g.socket->emit(name, {args}, {.busy = net::socketio::when_busy::drop});
  });
}

bool hall::recover(const std::string& pid, std::string_view offset, guest& into) {
  forget_old();
  // The client knows better than we whether its old connection lives.
  if (const auto alive = by_pid_.find(pid); alive != by_pid_.end())
    alive->second->socket->whole().close(
      static_cast<std::uint16_t>(domain::close_code::replaced), "forced close");
  const auto found = lost_.find(pid);
  if (found == lost_.end())
    return false;
  auto after = found->second.who.since;
  if (!offset.empty()) {
    const auto* end = offset.data() + offset.size();
    const auto [rest, why] = std::from_chars(offset.data(), end, after);
    if (why != std::errc{} || rest != end)
      return false;
  }
  if (after < forgotten_ || after > last_)
    return false;
  auto* const socket = into.socket;
  into = std::move(found->second.who);
  into.socket = socket;
  lost_.erase(found);
  for (const auto& e : log_)
    if (e.number > after && e.except != into.sid && into.rooms.contains(e.room))
      socket->replay({e.json, e.attachments});
  return true;
}

void hall::forget_old() {
  const auto now = steady_clock::now();
  while (!log_.empty() && (log_.front().at + window_ < now || log_.size() > log_max)) {
    forgotten_ = log_.front().number;
    log_.pop_front();
  }
  std::erase_if(lost_, [&](const auto& each) { return each.second.until < now; });
}

} // namespace conformance
