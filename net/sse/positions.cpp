#include "net/sse/positions.hpp"

#include "domain/room.hpp"

#include <algorithm>
#include <charconv>

namespace net::sse {
namespace {

constexpr std::string_view room_prefix = "room:"; // of a room's topic

struct entry {
  std::string_view room;
  domain::seq at = 0;
};

std::optional<entry> read_entry(std::string_view text) {
  const auto colon = text.rfind(':'); // a room's id may have some
  if (colon == std::string_view::npos || !domain::is_valid_room_id(text.substr(0, colon)))
    return std::nullopt;
  entry made{text.substr(0, colon)};
  const auto number = text.substr(colon + 1);
  const auto [end, why] = std::from_chars(number.data(), number.data() + number.size(), made.at);
  if (number.empty() || why != std::errc{} || end != number.data() + number.size())
    return std::nullopt;
  return made;
}

} // namespace

positions::positions(std::vector<domain::room_id> rooms) {
  for (auto& room : rooms) {
    auto topic = domain::topic_of(room);
    places_.push_back({std::move(room), std::move(topic), std::nullopt});
  }
}

bool positions::read(std::string_view last_event_id) {
  while (true) {
    const auto end = std::min(last_event_id.find(','), last_event_id.size());
    const auto one = read_entry(last_event_id.substr(0, end));
    if (!one)
      return false;
    for (auto& each : places_)
      if (each.room.value == one->room)
        each.at = one->at;
    if (end == last_event_id.size())
      return true;
    last_event_id.remove_prefix(end + 1);
  }
}

std::optional<domain::seq> positions::find(const domain::room_id& room) const {
  for (const auto& each : places_)
    if (each.room == room)
      return each.at;
  return std::nullopt;
}

void positions::set(const domain::room_id& room, domain::seq at) {
  for (auto& each : places_)
    if (each.room == room)
      each.at = at;
}

bool positions::pass(const domain::event& what) {
  for (auto& each : places_)
    if (each.topic == what.topic) {
      const bool is_new = !each.at || *each.at < what.seq;
      if (is_new)
        each.at = what.seq;
      return is_new;
    }
  return true;
}

std::string positions::text() const {
  std::string out;
  for (const auto& each : places_) {
    if (!each.at)
      continue;
    if (!out.empty())
      out += ',';
    out.append(each.room.value).append(":").append(std::to_string(*each.at));
  }
  return out;
}

std::string id_of(const domain::event& what) {
  const std::string_view topic = what.topic;
  if (what.seq == 0 || !topic.starts_with(room_prefix))
    return {};
  return std::string{topic.substr(room_prefix.size())} + ':' + std::to_string(what.seq);
}

} // namespace net::sse
