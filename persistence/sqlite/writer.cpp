#include "persistence/sqlite/append.hpp"
#include "persistence/sqlite/database.hpp"
#include "persistence/sqlite/site.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace persistence::sqlite {

namespace {

using domain::errc;

constexpr auto answer_life = std::chrono::hours{24};
constexpr auto prune_every = std::chrono::minutes{1};
constexpr int prune_rows = 1'000;       // a bite, so that no batch pays for a backlog
constexpr int checkpoint_pages = 8'000; // 32 MiB of WAL

outcome failed(errc code, std::string why, std::vector<domain::violation> details = {}) {
  return domain::error{code, std::move(why), std::move(details), {}};
}

bool is_foreign_key(int code) {
  return code == SQLITE_CONSTRAINT_FOREIGNKEY;
}

class sqlite_writer final : public writer {
public:
  explicit sqlite_writer(std::shared_ptr<const site> where)
      : site_(std::move(where)), db_(site_->path, database::mode::read_write),
        appends_(db_, site_->options) {
    sqlite3_wal_hook(db_.handle(), &sqlite_writer::on_commit, this);
  }

  std::vector<outcome> apply(std::span<const change> batch) override;

private:
  outcome apply_one(const append_message& c) { return appends_.apply(c); }
  outcome apply_one(const create_user& c);
  outcome apply_one(const create_room& c);
  outcome apply_one(const add_member& c);
  outcome apply_one(const remove_member& c);
  outcome apply_one(const activate_room& c);
  outcome apply_one(const save_refresh_token& c);
  outcome apply_one(const rotate_refresh_token& c);
  outcome apply_one(const revoke_refresh_token& c);
  outcome apply_one(const save_answer& c);

  /// For changes of more than one statement that can fail between them.
  template <class Work>
  outcome in_savepoint(Work work);
  outcome insert_member(const domain::membership& m);
  outcome insert_token(
    std::string_view hash, std::string_view family, std::string_view user,
    domain::timestamp expires_at);
  void see_time(domain::timestamp now) { latest_ = std::max(latest_, now); }
  void prune();
  void roll_back() noexcept;
  void checkpoint();

  static int on_commit(void* self, sqlite3*, const char*, int pages) {
    static_cast<sqlite_writer*>(self)->wal_pages_ = pages;
    return SQLITE_OK;
  }

  std::shared_ptr<const site> site_;
  database db_;
  appender appends_;
  domain::timestamp latest_{}; // the newest time that a change brought along
  domain::timestamp next_prune_{};
  int wal_pages_ = 0;

  statement begin_ = db_.prepare("BEGIN IMMEDIATE");
  statement commit_ = db_.prepare("COMMIT");
  statement open_savepoint_ = db_.prepare("SAVEPOINT one");
  statement keep_savepoint_ = db_.prepare("RELEASE one");
  statement undo_savepoint_ = db_.prepare("ROLLBACK TO one");
  statement insert_user_ = db_.prepare(
    "INSERT INTO users (id, username, name, email, avatar, role, is_active, password_hash, "
    "created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  statement is_email_taken_ = db_.prepare("SELECT 1 FROM users WHERE email = ?");
  statement is_username_taken_ = db_.prepare("SELECT 1 FROM users WHERE username = ?");
  statement insert_room_ =
    db_.prepare("INSERT INTO rooms (id, name, type, created_by, created_at, updated_at) "
                "VALUES (?, ?, ?, ?, ?, ?)");
  statement insert_member_ =
    db_.prepare("INSERT INTO memberships (room_id, user_id, role, joined_at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING");
  statement delete_member_ =
    db_.prepare("DELETE FROM memberships WHERE room_id = ? AND user_id = ?");
  statement count_members_ =
    db_.prepare("UPDATE rooms SET member_count = member_count + ? WHERE id = ?");
  statement raise_epoch_ =
    db_.prepare("UPDATE rooms SET epoch = epoch + 1 WHERE id = ? RETURNING epoch, last_seq");
  statement insert_token_ = db_.prepare(
    "INSERT INTO refresh_tokens (hash, family, user_id, expires_at) VALUES (?, ?, ?, ?)");
  statement find_token_ = db_.prepare(
    "SELECT family, user_id, used, revoked, expires_at FROM refresh_tokens WHERE hash = ?");
  statement find_family_ =
    db_.prepare("SELECT family, user_id FROM refresh_tokens WHERE family = ? LIMIT 1");
  statement use_token_ = db_.prepare("UPDATE refresh_tokens SET used = 1 WHERE hash = ?");
  statement revoke_family_ = db_.prepare("UPDATE refresh_tokens SET revoked = 1 WHERE family = ?");
  statement insert_answer_ = db_.prepare(
    "INSERT INTO answers (user_id, key, request_hash, status, body, at) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET request_hash = excluded.request_hash, status = excluded.status, "
    "body = excluded.body, at = excluded.at WHERE answers.at <= ?");
  statement prune_answers_ =
    db_.prepare("DELETE FROM answers WHERE (user_id, key) IN "
                "(SELECT user_id, key FROM answers WHERE at <= ? LIMIT ?)");
  statement prune_tokens_ =
    db_.prepare("DELETE FROM refresh_tokens WHERE hash IN "
                "(SELECT hash FROM refresh_tokens WHERE expires_at <= ? LIMIT ?)");
};

std::vector<outcome> sqlite_writer::apply(std::span<const change> batch) {
  std::vector<outcome> outcomes;
  outcomes.reserve(batch.size());
  bool committing = false;
  try {
    begin_.run();
    appends_.begin();
    for (const auto& c : batch)
      outcomes.push_back(std::visit([this](const auto& one) { return apply_one(one); }, c));
    appends_.finish();
    prune();
    committing = true;
    commit_.run();
  } catch (const failure& why) {
    roll_back();
    // Written or not, nobody knows: the kernel may have dropped the pages and call the next flush a
    // success.
    if (
      why.primary() == SQLITE_IOERR
      && (committing || why.code() == SQLITE_IOERR_FSYNC || why.code() == SQLITE_IOERR_DIR_FSYNC))
      throw flush_failed{why.what()};
    return {
      batch.size(),
      failed(errc::retry, "The database did not take it; send it again with the same clientId")};
  }
  checkpoint();
  return outcomes;
}

void sqlite_writer::roll_back() noexcept {
  if (db_.in_transaction())
    sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void sqlite_writer::checkpoint() {
  if (wal_pages_ < checkpoint_pages)
    return;
  wal_pages_ = 0;
  const int code =
    sqlite3_wal_checkpoint_v2(db_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  // What is in the WAL is safe, but a later checkpoint would take the lost pages for written.
  if ((code & 0xFF) == SQLITE_IOERR)
    throw flush_failed{std::string{"checkpoint: "} + sqlite3_errmsg(db_.handle())};
}

template <class Work>
outcome sqlite_writer::in_savepoint(Work work) {
  open_savepoint_.run();
  outcome done = work();
  if (!done)
    undo_savepoint_.run();
  keep_savepoint_.run();
  return done;
}

outcome sqlite_writer::apply_one(const create_user& c) {
  const auto& u = c.user;
  see_time(u.created_at);
  const int broken = insert_user_.attempt(
    u.id.value, u.username, u.name, text_or_null{u.email}, u.avatar, u.role, u.is_active,
    c.password_hash, u.created_at, u.updated_at);
  if (broken == SQLITE_OK)
    return written{};
  std::vector<domain::violation> taken;
  if (!u.email.empty() && is_email_taken_.query(u.email).next())
    taken.push_back({"email", "is already in use"});
  if (is_username_taken_.query(u.username).next())
    taken.push_back({"username", "is already in use"});
  if (taken.empty())
    taken.push_back({"id", "is already in use"});
  auto message = "The " + taken.front().field + " is already in use";
  return failed(errc::conflict, std::move(message), std::move(taken));
}

outcome sqlite_writer::apply_one(const create_room& c) {
  const auto& r = c.room;
  see_time(r.created_at);
  appends_.settle(r.id);
  return in_savepoint([&]() -> outcome {
    const int broken = insert_room_.attempt(
      r.id.value, r.name, r.type, r.created_by.value, r.created_at, r.updated_at);
    if (is_foreign_key(broken))
      return failed(errc::not_found, "No such user");
    if (broken != SQLITE_OK)
      return failed(errc::conflict, "The id is already in use", {{"id", "is already in use"}});
    return insert_member({r.id, r.created_by, domain::room_role::owner, r.created_at});
  });
}

outcome sqlite_writer::insert_member(const domain::membership& m) {
  if (insert_member_.attempt(m.room.value, m.user.value, m.role, m.joined_at) != SQLITE_OK)
    return failed(errc::not_found, "No such room or user");
  written done;
  done.was_new = sqlite3_changes(db_.handle()) == 1;
  if (done.was_new)
    count_members_.run(1, m.room.value);
  return done;
}

outcome sqlite_writer::apply_one(const add_member& c) {
  return insert_member(c.membership);
}

outcome sqlite_writer::apply_one(const remove_member& c) {
  written done;
  done.was_new = delete_member_.run(c.room.value, c.user.value) == 1;
  if (done.was_new)
    count_members_.run(-1, c.room.value);
  return done;
}

outcome sqlite_writer::apply_one(const activate_room& c) {
  appends_.settle(c.room);
  auto row = raise_epoch_.query(c.room.value);
  if (!row.next())
    return failed(errc::not_found, "No such room");
  written done;
  done.epoch = static_cast<domain::epoch>(row.integer(0));
  done.seq = static_cast<domain::seq>(row.integer(1));
  row.next(); // to its end: only then is the row changed for sure
  return done;
}

outcome sqlite_writer::insert_token(
  std::string_view hash, std::string_view family, std::string_view user,
  domain::timestamp expires_at) {
  const int broken = insert_token_.attempt(hash, family, user, expires_at);
  if (is_foreign_key(broken))
    return failed(errc::not_found, "No such user");
  if (broken != SQLITE_OK)
    return failed(errc::conflict, "The token is already in use");
  written done;
  done.user = domain::user_id{std::string{user}};
  return done;
}

outcome sqlite_writer::apply_one(const save_refresh_token& c) {
  return insert_token(c.token_hash, c.family, c.user.value, c.expires_at);
}

outcome sqlite_writer::apply_one(const rotate_refresh_token& c) {
  see_time(c.now);
  const auto refused = [] { return failed(errc::unauthorized, "The refresh token is not valid"); };
  std::string family;
  std::string user;
  {
    auto row = find_token_.query(c.old_hash);
    if (!row.next())
      return refused();
    family = row.string(0);
    user = row.string(1);
    const bool was_used = row.integer(2) != 0;
    const bool was_revoked = row.integer(3) != 0;
    const bool is_over = row.integer(4) <= c.now.time_since_epoch().count();
    if (was_used) { // two hold it: one of them is a thief
      revoke_family_.run(family);
      return refused();
    }
    if (was_revoked || is_over)
      return refused();
  }
  return in_savepoint([&]() -> outcome {
    use_token_.run(c.old_hash);
    auto done = insert_token(c.new_hash, family, user, c.expires_at);
    if (done)
      done->family = family;
    return done;
  });
}

outcome sqlite_writer::apply_one(const revoke_refresh_token& c) {
  written done;
  {
    auto row = c.family.empty() ? find_token_.query(c.token_hash) : find_family_.query(c.family);
    if (!row.next())
      return written{};
    done.family = row.string(0);
    done.user = domain::user_id{row.string(1)};
  }
  revoke_family_.run(done.family);
  return done;
}

outcome sqlite_writer::apply_one(const save_answer& c) {
  see_time(c.at);
  written done;
  done.was_new = insert_answer_.run(
                   c.user.value, c.key, c.request_hash, c.status, c.body, c.at, c.at - answer_life)
                 == 1;
  return done;
}

void sqlite_writer::prune() {
  see_time(appends_.latest());
  if (latest_ < next_prune_)
    return;
  next_prune_ = latest_ + prune_every;
  prune_answers_.run(latest_ - answer_life, prune_rows);
  prune_tokens_.run(latest_, prune_rows);
}

} // namespace

std::unique_ptr<writer> make_writer(std::shared_ptr<const site> where) {
  return std::make_unique<sqlite_writer>(std::move(where));
}

} // namespace persistence::sqlite
