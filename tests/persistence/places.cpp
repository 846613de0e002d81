#include "tests/persistence/places.hpp"

#include "tests/support/temporary_folder.hpp"

#include <stdexcept>

namespace support {

namespace {

class sqlite_place : public place {
public:
  std::string url() const override { return "sqlite:" + (folder_.path() / "troupe.db").string(); }

private:
  temporary_folder folder_;
};

} // namespace

const std::vector<std::string>& storage_kinds() {
  static const std::vector<std::string> kinds{"sqlite"};
  return kinds;
}

std::unique_ptr<place> make_place(const std::string& kind) {
  if (kind == "sqlite")
    return std::make_unique<sqlite_place>();
  throw std::logic_error{"no such kind of storage: " + kind};
}

open_store::open_store(const std::string& url, persistence::storage_options options) {
  auto opened = persistence::open_storage(url, options);
  if (!opened)
    throw std::runtime_error{opened.error().message};
  storage_ = *std::move(opened);
  writer_ = storage_->open_writer();
  reader_ = storage_->open_reader();
}

persistence::outcome open_store::write(persistence::change one) {
  return writer_->apply({&one, 1}).at(0);
}

std::vector<persistence::outcome> open_store::write_all(std::vector<persistence::change> batch) {
  return writer_->apply(batch);
}

domain::user_id open_store::add_user(const std::string& id) {
  if (const auto done = write(persistence::create_user{make_user(id), ""}); !done)
    throw std::runtime_error{done.error().message};
  return domain::user_id{id};
}

domain::epoch
open_store::add_room(const std::string& id, const domain::user_id& owner, domain::room_type type) {
  domain::room room;
  room.id = domain::room_id{id};
  room.name = "Room " + id;
  room.type = type;
  room.created_by = owner;
  room.created_at = room.updated_at = noon;
  const auto done =
    write_all({persistence::create_room{room}, persistence::activate_room{room.id}});
  if (!done.at(0) || !done.at(1))
    throw std::runtime_error{"cannot make room " + id};
  return done.at(1)->epoch;
}

domain::user make_user(const std::string& id) {
  domain::user user;
  user.id = domain::user_id{id};
  user.username = id;
  user.name = "Name of " + id;
  user.email = id + "@example.org";
  user.created_at = user.updated_at = noon;
  return user;
}

domain::message make_message(
  const std::string& room, const std::string& sender, const std::string& id,
  const std::string& client_id) {
  domain::message m;
  m.id = domain::message_id{id};
  m.room = domain::room_id{room};
  m.sender = {domain::user_id{sender}, sender, "Name of " + sender, ""};
  m.content = "content of " + id;
  m.client_id = client_id;
  m.at = noon;
  return m;
}

persistence::append_message append(domain::epoch epoch, domain::message message) {
  auto body = to_json(message);
  return {epoch, std::move(message), std::move(body)};
}

} // namespace support
