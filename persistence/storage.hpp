// Blocking storage behind interfaces: SQLite now, PostgreSQL later; no CAF, no Beast. One writer
// and a few readers, each used by one thread at a time. What a store promises is checked by the
// conformance suite in tests/persistence, which every implementation must pass.
#pragma once

#include "domain/event.hpp"
#include "domain/ids.hpp"
#include "domain/message.hpp"
#include "domain/result.hpp"
#include "domain/room.hpp"
#include "domain/user.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace persistence {

// -- changes: each is one row of work in a batch -------------------------------------------------

/// Fails with conflict (details name the field) when the email or the username is taken.
struct create_user {
  domain::user user;
  std::string password_hash; /* empty: cannot log in by password */
};
/// Makes the room and its creator's owner membership. Fails with conflict when the id is taken.
struct create_room {
  domain::room room;
};
/// Does nothing when there already is one (written.was_new = false); not_found without the room.
struct add_member {
  domain::membership membership;
};
struct remove_member {
  domain::room_id room;
  domain::user_id user;
};
/// epoch := epoch + 1; answers the room as it is (written.epoch, written.seq = last seq).
/// not_found.
struct activate_room {
  domain::room_id room;
};
/// Appends one event under the room's epoch and keeps the projection, in one go. seq is given here.
/// Errors: moved (the epoch is not ours). The same (room, sender, client_id) again is no error: the
/// earlier id and seq come back with was_new = false.
struct append_message {
  domain::epoch epoch = 0;
  domain::message message; /* seq ignored */
  std::string body;        /* the log's body */
};
struct save_refresh_token {
  std::string token_hash;
  std::string family;
  domain::user_id user;
  domain::timestamp expires_at{};
};
/// Uses up one token and saves the next of its family. unauthorized if unknown or expired. If the
/// old one was used before: the whole family is revoked, unauthorized.
struct rotate_refresh_token {
  std::string old_hash;
  std::string new_hash;
  domain::timestamp now{};
  domain::timestamp expires_at{};
};
/// Revokes a family: that of this token, or the one named. No error if unknown.
struct revoke_refresh_token {
  std::string token_hash;
  std::string family{}; // asked for when there is no token
};
/// Stored answer of a REST request with an Idempotency-Key (24 h).
struct save_answer {
  domain::user_id user;
  std::string key;
  std::string request_hash;
  int status = 0;
  std::string body;
  domain::timestamp at{};
};

using change = std::variant<
  create_user, create_room, add_member, remove_member, activate_room, append_message,
  save_refresh_token, rotate_refresh_token, revoke_refresh_token, save_answer>;

/// What became of one change. Only the fields that its kind names above mean anything.
struct written {
  domain::seq seq = 0;
  domain::epoch epoch = 0;
  domain::message_id message;
  domain::timestamp at{};
  domain::user_id user; // rotate_refresh_token, revoke_refresh_token: whose; empty: unknown
  std::string family{}; // rotate_refresh_token, revoke_refresh_token
  bool was_new = true;
};
using outcome = domain::result<written>;

/// One per store. One thread at a time.
class writer {
public:
  virtual ~writer() = default;
  /// Applies all changes in one transaction, a savepoint each, so that a bad one fails alone;
  /// returns after the commit is on disk. One outcome per change, in order. When the transaction
  /// itself fails, every outcome is `retry` (its fate is unknown) and nothing was kept as far as is
  /// known. Throws `flush_failed` after an I/O error of a flush: the process must exit (never flush
  /// again).
  virtual std::vector<outcome> apply(std::span<const change> batch) = 0;
};

struct flush_failed {
  std::string what;
};

struct page_query {
  std::optional<std::string> cursor;
  bool forward = true;
  std::size_t limit = 20;
};
struct message_page {
  std::vector<domain::message> messages;
  bool has_next = false;
  bool has_previous = false;
};
struct room_page {
  std::vector<domain::room> rooms;
  std::size_t total = 0;
};
struct login_record {
  domain::user user;
  std::string password_hash;
};
struct stored_answer {
  std::string request_hash;
  int status = 0;
  std::string body;
};

/// A few per store. One thread at a time each. Sees only what is committed. Throws
/// std::runtime_error when the database cannot be read; a new reader may do better.
class reader {
public:
  virtual ~reader() = default;
  virtual std::optional<domain::user> user(const domain::user_id& id) = 0;
  virtual std::optional<login_record>
  login(const std::string& email) = 0; // email as checked: lower case
  /// Whether a family of refresh tokens was revoked; false when it is not known (any more).
  virtual bool is_revoked(const std::string& family) = 0;
  virtual std::optional<domain::room> room(const domain::room_id& id) = 0;
  virtual std::optional<domain::membership>
  member(const domain::room_id& room, const domain::user_id& user) = 0;
  virtual std::vector<domain::membership>
  members(const domain::room_id& room, std::size_t limit, std::size_t offset) = 0;
  /// Rooms this user may see: public ones and their own, newest first.
  virtual room_page rooms(const domain::user_id& viewer, std::size_t limit, std::size_t offset) = 0;
  /// Events with seq > after, ascending, at most `limit`.
  virtual std::vector<domain::logged_event>
  events(const domain::room_id& room, domain::seq after, std::size_t limit) = 0;
  /// The newest `limit` events, ascending.
  virtual std::vector<domain::logged_event>
  recent_events(const domain::room_id& room, std::size_t limit) = 0;
  /// Newest first; the cursor is a message's seq as text. forward: older ones; else: newer ones
  /// than the cursor (still newest first in the answer).
  virtual message_page messages(const domain::room_id& room, const page_query& query) = 0;
  virtual std::optional<domain::message> message(const domain::message_id& id) = 0;
  virtual std::optional<stored_answer>
  answer(const domain::user_id& user, const std::string& key, domain::timestamp now) = 0;
};

/// Any thread.
class storage {
public:
  virtual ~storage() = default;
  /// At most one at a time. Both throw std::runtime_error when the database cannot be opened. They
  /// may outlive the storage.
  virtual std::unique_ptr<writer> open_writer() = 0;
  virtual std::unique_ptr<reader> open_reader() = 0;
  /// What is promised about an acknowledged commit, for logs and /readyz?verbose ("wal,
  /// synchronous=full").
  virtual std::string durability() const = 0;
};

struct storage_options {
  /// false plants a defect for tests of the checkers: a retried client_id is stored once more. No
  /// option of trouped reaches it.
  bool unique_client_ids = true;
};

/// `sqlite:PATH` (the folder is made); runs the migrations. Errors say what to do; bad_request for
/// an unknown kind of address. A database that another node holds is refused (unavailable).
domain::result<std::unique_ptr<storage>>
open_storage(const std::string& url, storage_options options = {});

} // namespace persistence
