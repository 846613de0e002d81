#include "domain/broadcast.hpp"

#include "domain/command.hpp"
#include "domain/limits.hpp"
#include "domain/room.hpp"
#include "domain/text.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace domain {

namespace {

template <class Id>
void drop_repeated(std::vector<Id>& ids) {
  std::unordered_set<Id> seen;
  std::erase_if(ids, [&](const Id& each) { return !seen.insert(each).second; });
}

class checker {
public:
  void names(const char* field, const std::vector<room_id>& ids) {
    length(field, ids.size());
    if (std::any_of(
          ids.begin(), ids.end(), [](const room_id& id) { return !is_valid_room_id(id.value); }))
      broken(field, "holds something that is not a room id");
  }
  void names(const char* field, const std::vector<user_id>& ids) {
    length(field, ids.size());
    if (std::any_of(ids.begin(), ids.end(), [](const user_id& id) {
          return id.empty() || id.value.size() > limits::user_id_bytes
                 || has_control_characters(id.value);
        }))
      broken(field, "holds something that is not a user id");
  }
  void not_empty(const char* field, std::size_t size) {
    if (size == 0)
      broken(field, "must not be empty");
  }
  void broken(std::string field, std::string message) {
    violations_.push_back({std::move(field), std::move(message)});
  }
  std::vector<violation>& found() { return violations_; }

private:
  void length(const char* field, std::size_t size) {
    if (size > limits::target_names)
      broken(field, "must be at most 1000");
  }
  std::vector<violation> violations_;
};

void check_target(checker& c, const target& t) {
  switch (t.to) {
  case target::kind::none:
    c.broken("target", "must have one of rooms, users and all");
    break;
  case target::kind::rooms:
    c.not_empty("target.rooms", t.rooms.size());
    break;
  case target::kind::users:
    c.not_empty("target.users", t.users.size());
    break;
  case target::kind::all:
    break;
  }
  c.names("target.rooms", t.rooms);
  c.names("target.users", t.users);
  c.names("target.exceptRooms", t.except_rooms);
  c.names("target.exceptUsers", t.except_users);
  if (const auto& near = t.when.near) {
    if (!is_on_earth(near->center))
      c.broken("target.near", "must be a latitude from -90 to 90, a longitude to ±180");
    if (!(near->radius_km >= 0 && near->radius_km <= limits::radius_km_max))
      c.broken("target.near.radiusKm", "must be from 0 to 20040");
  }
  traits wanted{t.when.attributes, std::nullopt};
  if (const auto why = check(wanted))
    for (const auto& each : why->details)
      c.broken("target." + each.field, each.message);
}

} // namespace

result<broadcast> check(broadcast input) {
  auto& t = input.target;
  drop_repeated(t.rooms);
  drop_repeated(t.users);
  drop_repeated(t.except_rooms);
  drop_repeated(t.except_users);
  checker c;
  if (input.event.empty() || input.event.size() > limits::event_name_bytes_max)
    c.broken("event", "must have 1 to 128 bytes");
  else if (is_reserved_event(input.event))
    c.broken("event", "is reserved");
  if (input.data.size() > limits::broadcast_data_bytes)
    c.broken("data", "must have at most 262144 bytes");
  if (input.key.size() > limits::key_bytes)
    c.broken("key", "must have at most 256 bytes");
  check_target(c, t);
  if (!c.found().empty())
    return error{errc::validation_failed, "Validation failed", std::move(c.found()), {}};
  return input;
}

std::shared_ptr<const audience> audience_of(const target& t) {
  auto made = std::make_shared<audience>();
  if (t.to == target::kind::all)
    made->topics.push_back(everybody);
  for (const auto& room : t.rooms)
    made->topics.push_back(topic_of(room));
  for (const auto& user : t.users)
    made->topics.push_back(topic_of(user));
  for (const auto& room : t.except_rooms)
    made->except_topics.push_back(topic_of(room));
  for (const auto& user : t.except_users)
    made->except_topics.push_back(topic_of(user));
  made->when = t.when;
  return made;
}

std::shared_ptr<event> event_of(broadcast what, timestamp at) {
  auto whom = audience_of(what.target);
  auto made = std::make_shared<event>();
  made->name = std::move(what.event);
  made->data = std::move(what.data);
  made->topic = whom->topics.front();
  made->cls = what.is_volatile ? delivery_class::droppable : delivery_class::ephemeral;
  made->priority = what.priority;
  made->key = std::move(what.key);
  made->at = at;
  const bool is_plain =
    whom->topics.size() == 1 && whom->except_topics.empty() && whom->when.empty();
  if (!is_plain)
    made->audience = std::move(whom);
  return made;
}

} // namespace domain
