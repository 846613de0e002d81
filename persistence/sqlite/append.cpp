#include "persistence/sqlite/append.hpp"

#include <algorithm>

namespace persistence::sqlite {

namespace {

outcome failed(domain::errc code, std::string why) {
  return domain::error{code, std::move(why), {}, {}};
}

} // namespace

appender::appender(database& db, storage_options options)
    : unique_client_ids_(options.unique_client_ids),
      find_room_(db.prepare("SELECT epoch, last_seq FROM rooms WHERE id = ?")),
      set_last_seq_(db.prepare("UPDATE rooms SET last_seq = ? WHERE id = ? AND epoch = ?")),
      // Does nothing for a client_id that is known: then the earlier one is the answer.
      insert_message_(db.prepare(
        "INSERT INTO messages (room_id, seq, id, sender_id, sender_username, sender_name, "
        "sender_avatar, content, reply_to, client_id, attachments, at, edited) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING")),
      insert_event_(db.prepare("INSERT INTO room_events (room_id, seq, type, actor_id, body, at) "
                               "VALUES (?, ?, 'new-message', ?, ?, ?)")),
      find_earlier_(db.prepare(
        "SELECT id, seq, at FROM messages WHERE room_id = ? AND sender_id = ? AND client_id = ?")) {
}

outcome appender::apply(const append_message& c) {
  const auto& m = c.message;
  auto& room = read_room(m.room);
  if (!room.exists)
    return failed(domain::errc::not_found, "No such room");
  if (room.epoch != c.epoch)
    return failed(domain::errc::moved, "The room has another owner");
  latest_ = std::max(latest_, m.at);
  const auto seq = room.last_seq + 1;
  // With the planted defect nobody remembers the client_id.
  const text_or_null client_id{unique_client_ids_ ? m.client_id : std::string_view{}};
  const int inserted = insert_message_.run(
    m.room.value, seq, m.id.value, m.sender.user.value, m.sender.username, m.sender.name,
    m.sender.avatar, m.content, m.reply_to, client_id, m.attachments_json, m.at);
  if (inserted == 0)
    return earlier(m);
  insert_event_.run(m.room.value, seq, m.sender.user.value, c.body, m.at);
  room.last_seq = seq;
  room.changed = true;
  written done;
  done.seq = seq;
  done.epoch = c.epoch;
  done.message = m.id;
  done.at = m.at;
  return done;
}

outcome appender::earlier(const domain::message& m) {
  auto row = find_earlier_.query(m.room.value, m.sender.user.value, m.client_id);
  if (!row.next())
    return failed(domain::errc::conflict, "The message id is already in use");
  written done;
  done.message = domain::message_id{row.string(0)};
  done.seq = static_cast<domain::seq>(row.integer(1));
  done.at = domain::timestamp{std::chrono::milliseconds{row.integer(2)}};
  done.was_new = false;
  return done;
}

appender::room_row& appender::read_room(const domain::room_id& room) {
  const auto [known, is_new] = rooms_.try_emplace(room.value);
  if (is_new) {
    auto row = find_room_.query(room.value);
    if (row.next())
      known->second = {
        true, static_cast<domain::epoch>(row.integer(0)), static_cast<domain::seq>(row.integer(1)),
        false};
  }
  return known->second;
}

void appender::settle(const domain::room_id& room) {
  const auto known = rooms_.find(room.value);
  if (known == rooms_.end())
    return;
  write_back(known->first, known->second);
  rooms_.erase(known);
}

void appender::finish() {
  for (auto& [id, row] : rooms_)
    write_back(id, row);
}

void appender::write_back(std::string_view id, room_row& row) {
  if (row.changed && set_last_seq_.run(row.last_seq, id, row.epoch) != 1)
    throw failure{SQLITE_CORRUPT, "the room's row changed within the writer's transaction"};
  row.changed = false;
}

} // namespace persistence::sqlite
