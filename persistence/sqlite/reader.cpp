#include "persistence/sqlite/database.hpp"
#include "persistence/sqlite/site.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <utility>

namespace persistence::sqlite {

namespace {

constexpr auto answer_life = std::chrono::hours{24};

domain::timestamp time_at(const rows& row, int column) {
  return domain::timestamp{std::chrono::milliseconds{row.integer(column)}};
}
domain::seq seq_at(const rows& row, int column) {
  return static_cast<domain::seq>(row.integer(column));
}

// Each list of columns stands beside the function that reads it.

constexpr const char* select_user = "SELECT id, username, name, email, avatar, role, is_active, "
                                    "created_at, updated_at, password_hash "
                                    "FROM users ";
domain::user read_user(const rows& row) {
  domain::user u;
  u.id = domain::user_id{row.string(0)};
  u.username = row.text(1);
  u.name = row.text(2);
  u.email = row.text(3);
  u.avatar = row.text(4);
  u.role = static_cast<domain::role>(row.integer(5));
  u.is_active = row.integer(6) != 0;
  u.created_at = time_at(row, 7);
  u.updated_at = time_at(row, 8);
  return u;
}

constexpr const char* select_room =
  "SELECT id, name, type, created_by, created_at, updated_at, last_seq, member_count FROM rooms ";
domain::room read_room(const rows& row) {
  domain::room r;
  r.id = domain::room_id{row.string(0)};
  r.name = row.text(1);
  r.type = static_cast<domain::room_type>(row.integer(2));
  r.created_by = domain::user_id{row.string(3)};
  r.created_at = time_at(row, 4);
  r.updated_at = time_at(row, 5);
  r.last_seq = seq_at(row, 6);
  r.member_count = static_cast<std::size_t>(row.integer(7));
  return r;
}

constexpr const char* select_member = "SELECT room_id, user_id, role, joined_at FROM memberships ";
domain::membership read_member(const rows& row) {
  return {
    domain::room_id{row.string(0)}, domain::user_id{row.string(1)},
    static_cast<domain::room_role>(row.integer(2)), time_at(row, 3)};
}

constexpr const char* select_event =
  "SELECT room_id, seq, type, actor_id, body, at FROM room_events WHERE room_id = ? ";
domain::logged_event read_event(const rows& row) {
  return {domain::room_id{row.string(0)}, seq_at(row, 1), row.string(2),
          domain::user_id{row.string(3)}, row.string(4),  time_at(row, 5)};
}

constexpr const char* select_message =
  "SELECT id, room_id, seq, sender_id, sender_username, sender_name, sender_avatar, content, "
  "reply_to, client_id, attachments, at, edited FROM messages ";
domain::message read_message(const rows& row) {
  domain::message m;
  m.id = domain::message_id{row.string(0)};
  m.room = domain::room_id{row.string(1)};
  m.seq = seq_at(row, 2);
  m.sender = {domain::user_id{row.string(3)}, row.string(4), row.string(5), row.string(6)};
  m.content = row.text(7);
  m.reply_to = row.text(8);
  m.client_id = row.text(9);
  m.attachments_json = row.text(10);
  m.at = time_at(row, 11);
  m.edited = row.integer(12) != 0;
  return m;
}

template <class Read>
auto one(rows row, Read read) -> std::optional<decltype(read(row))> {
  if (!row.next())
    return std::nullopt;
  return read(row);
}

template <class Read>
auto all(rows row, Read read) {
  std::vector<decltype(read(row))> found;
  while (row.next())
    found.push_back(read(row));
  return found;
}

/// Several questions about one state of the database.
class snapshot {
public:
  explicit snapshot(database& db) : db_(db) { db_.execute("BEGIN"); }
  snapshot(const snapshot&) = delete;
  snapshot& operator=(const snapshot&) = delete;
  ~snapshot() { sqlite3_exec(db_.handle(), "COMMIT", nullptr, nullptr, nullptr); }

private:
  database& db_;
};

class sqlite_reader final : public reader {
public:
  explicit sqlite_reader(std::shared_ptr<const site> where)
      : site_(std::move(where)), db_(site_->path, database::mode::read_only) {}

  std::optional<domain::user> user(const domain::user_id& id) override {
    return one(user_by_id_.query(id.value), read_user);
  }

  std::optional<login_record> login(const std::string& email) override {
    return one(user_by_email_.query(email), [](const rows& row) {
      return login_record{read_user(row), row.string(9)};
    });
  }

  std::optional<domain::room> room(const domain::room_id& id) override {
    return one(room_by_id_.query(id.value), read_room);
  }

  std::optional<domain::membership>
  member(const domain::room_id& room, const domain::user_id& user) override {
    return one(member_.query(room.value, user.value), read_member);
  }

  std::vector<domain::membership>
  members(const domain::room_id& room, std::size_t limit, std::size_t offset) override {
    return all(members_.query(room.value, limit, offset), read_member);
  }

  room_page rooms(const domain::user_id& viewer, std::size_t limit, std::size_t offset) override {
    const snapshot still{db_};
    room_page page;
    page.rooms = all(visible_rooms_.query(viewer.value, limit, offset), read_room);
    auto count = count_visible_rooms_.query(viewer.value);
    if (count.next())
      page.total = static_cast<std::size_t>(count.integer(0));
    return page;
  }

  std::vector<domain::logged_event>
  events(const domain::room_id& room, domain::seq after, std::size_t limit) override {
    return all(events_after_.query(room.value, after, limit), read_event);
  }

  std::vector<domain::logged_event>
  recent_events(const domain::room_id& room, std::size_t limit) override {
    auto found = all(newest_events_.query(room.value, limit), read_event);
    std::reverse(found.begin(), found.end());
    return found;
  }

  bool is_revoked(const std::string& family) override {
    return revoked_family_.query(family).next();
  }

  message_page messages(const domain::room_id& room, const page_query& query) override;

  std::optional<domain::message> message(const domain::message_id& id) override {
    return one(message_by_id_.query(id.value), read_message);
  }

  std::optional<stored_answer>
  answer(const domain::user_id& user, const std::string& key, domain::timestamp now) override {
    return one(answer_.query(user.value, key, now - answer_life), [](const rows& row) {
      return stored_answer{row.string(0), static_cast<int>(row.integer(1)), row.string(2)};
    });
  }

private:
  bool exists(statement& question, const domain::room_id& room, std::int64_t seq) {
    return question.query(room.value, seq).next();
  }

  std::shared_ptr<const site> site_;
  database db_;
  statement user_by_id_ = db_.prepare(std::string{select_user} + "WHERE id = ?");
  statement user_by_email_ = db_.prepare(std::string{select_user} + "WHERE email = ?");
  statement revoked_family_ =
    db_.prepare("SELECT 1 FROM refresh_tokens WHERE family = ? AND revoked = 1 LIMIT 1");
  statement room_by_id_ = db_.prepare(std::string{select_room} + "WHERE id = ?");
  statement member_ = db_.prepare(std::string{select_member} + "WHERE room_id = ? AND user_id = ?");
  statement members_ = db_.prepare(
    std::string{select_member} + "WHERE room_id = ? ORDER BY joined_at, user_id LIMIT ? OFFSET ?");
  static constexpr const char* is_visible =
    "WHERE type = 0 OR id IN (SELECT room_id FROM memberships WHERE user_id = ?) ";
  statement visible_rooms_ = db_.prepare(
    std::string{select_room} + is_visible + "ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?");
  statement count_visible_rooms_ =
    db_.prepare(std::string{"SELECT count(*) FROM rooms "} + is_visible);
  statement events_after_ =
    db_.prepare(std::string{select_event} + "AND seq > ? ORDER BY seq LIMIT ?");
  statement newest_events_ = db_.prepare(std::string{select_event} + "ORDER BY seq DESC LIMIT ?");
  statement older_messages_ = db_.prepare(
    std::string{select_message} + "WHERE room_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?");
  statement newer_messages_ =
    db_.prepare(std::string{select_message} + "WHERE room_id = ? AND seq > ? ORDER BY seq LIMIT ?");
  statement has_from_ =
    db_.prepare("SELECT 1 FROM messages WHERE room_id = ? AND seq >= ? LIMIT 1");
  statement has_until_ =
    db_.prepare("SELECT 1 FROM messages WHERE room_id = ? AND seq <= ? LIMIT 1");
  statement message_by_id_ = db_.prepare(std::string{select_message} + "WHERE id = ?");
  statement answer_ = db_.prepare(
    "SELECT request_hash, status, body FROM answers WHERE user_id = ? AND key = ? AND at > ?");
};

message_page sqlite_reader::messages(const domain::room_id& room, const page_query& query) {
  constexpr auto newest = INT64_MAX;
  std::int64_t cursor = newest;
  if (query.cursor) {
    const auto* end = query.cursor->data() + query.cursor->size();
    const auto read = std::from_chars(query.cursor->data(), end, cursor);
    if (read.ec != std::errc{} || read.ptr != end)
      return {}; // not one of our cursors: nothing is beyond it
  }
  const snapshot still{db_};
  const bool to_older = query.forward || !query.cursor;
  auto& question = to_older ? older_messages_ : newer_messages_;
  message_page page; // one more than asked for shows that there are more
  page.messages = all(question.query(room.value, cursor, query.limit + 1), read_message);
  const bool has_more = page.messages.size() > query.limit;
  if (has_more)
    page.messages.pop_back();
  if (to_older) {
    page.has_next = has_more;
    page.has_previous = query.cursor && exists(has_from_, room, cursor);
  } else {
    std::reverse(page.messages.begin(), page.messages.end());
    page.has_next = exists(has_until_, room, cursor);
    page.has_previous = has_more;
  }
  return page;
}

} // namespace

std::unique_ptr<reader> make_reader(std::shared_ptr<const site> where) {
  return std::make_unique<sqlite_reader>(std::move(where));
}

} // namespace persistence::sqlite
