#pragma once

#include "persistence/sqlite/database.hpp"
#include "persistence/storage.hpp"

#include <string_view>
#include <unordered_map>

namespace persistence::sqlite {

/// Appends to the logs of rooms inside the writer's transaction. A room's row is read once per
/// transaction (its epoch lets in or not: nobody else can raise it meanwhile) and written once, at
/// the end.
class appender {
public:
  appender(database& db, storage_options options);

  void begin() { rooms_.clear(); }
  outcome apply(const append_message& c);
  /// Writes what is known of this room back, before somebody else looks at its row.
  void settle(const domain::room_id& room);
  /// Writes all back: before the commit.
  void finish();
  /// The newest time of a message so far.
  domain::timestamp latest() const { return latest_; }

private:
  struct room_row {
    bool exists = false;
    domain::epoch epoch = 0;
    domain::seq last_seq = 0;
    bool changed = false;
  };
  room_row& read_room(const domain::room_id& room);
  void write_back(std::string_view id, room_row& row);
  outcome earlier(const domain::message& m);

  std::unordered_map<std::string_view, room_row> rooms_; // keys live in the batch
  domain::timestamp latest_{};
  bool unique_client_ids_;
  statement find_room_;
  statement set_last_seq_;
  statement insert_message_;
  statement insert_event_;
  statement find_earlier_;
};

} // namespace persistence::sqlite
