// What SQLite alone reaches: a loop written by hand that stores chat messages in batches, in
// Troupe's schema and with its settings (WAL, synchronous=FULL). Prints a line of JSON.
//   bench_bare_sqlite SCHEMA.sql FOLDER BATCH SECONDS
#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::int64_t room_count = 100;
constexpr std::int64_t start_of_time = 1'700'000'000'000;

using database = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;
using statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

void check(bool fine, sqlite3* db) {
  if (!fine)
    throw std::runtime_error{sqlite3_errmsg(db)};
}

void execute(sqlite3* db, const std::string& sql) {
  check(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK, db);
}

statement prepare(sqlite3* db, std::string_view sql) {
  sqlite3_stmt* made = nullptr;
  check(
    sqlite3_prepare_v3(
      db, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &made, nullptr)
      == SQLITE_OK,
    db);
  return {made, sqlite3_finalize};
}

void bind(sqlite3_stmt* s, int place, std::string_view text) {
  sqlite3_bind_text(s, place, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

void run(sqlite3_stmt* s, sqlite3* db) {
  check(sqlite3_step(s) == SQLITE_DONE, db);
  sqlite3_reset(s);
}

struct room {
  std::string id;
  std::int64_t last_seq = 0;
};

std::vector<room> make_rooms(sqlite3* db) {
  execute(
    db, "INSERT INTO users VALUES ('usr_bench_00000', 'bench', 'Bench', NULL, '', 0, 1, '', 0, 0)");
  std::vector<room> rooms;
  for (std::int64_t i = 0; i < room_count; ++i) {
    rooms.push_back({"bench-" + std::to_string(i), 0});
    execute(
      db, "INSERT INTO rooms VALUES ('" + rooms.back().id
            + "', 'Bench', 0, 'usr_bench_00000', 0, 0, 1, 0, 1)");
  }
  return rooms;
}

/// Both rows of a message, as an append writes them.
class message_writer {
public:
  explicit message_writer(sqlite3* db)
      : db_{db},
        message_{prepare(
          db,
          "INSERT INTO messages (room_id, seq, id, sender_id, sender_username, sender_name, "
          "sender_avatar, content, reply_to, client_id, attachments, at, edited) "
          "VALUES (?, ?, ?, 'usr_bench_00000', 'bench_00000', 'Bench 00000', '', ?, '', ?, '[]', "
          "?, 0)")},
        event_{prepare(
          db, "INSERT INTO room_events (room_id, seq, type, actor_id, body, at) "
              "VALUES (?, ?, 'new-message', 'usr_bench_00000', ?, ?)")} {}

  void write(const room& r, std::int64_t number) {
    auto digits = std::to_string(number);
    auto id = "msg_" + std::string(22 - digits.size(), '0') + digits;
    auto client_id = "1764030000000000000-" + digits;
    auto at = start_of_time + number / 10;
    auto body =
      R"({"id":")" + id + R"(","roomId":")" + r.id
      + R"(","senderId":"usr_bench_00000","senderName":"Bench 00000","senderAvatar":null,)"
        R"("content":")"
      + content_ + R"(","replyTo":null,"attachments":[],"timestamp":)" + std::to_string(at)
      + R"(,"edited":false,"reactions":{},"clientId":")" + client_id + R"("})";
    bind(message_.get(), 1, r.id);
    sqlite3_bind_int64(message_.get(), 2, r.last_seq);
    bind(message_.get(), 3, id);
    bind(message_.get(), 4, content_);
    bind(message_.get(), 5, client_id);
    sqlite3_bind_int64(message_.get(), 6, at);
    run(message_.get(), db_);
    bind(event_.get(), 1, r.id);
    sqlite3_bind_int64(event_.get(), 2, r.last_seq);
    bind(event_.get(), 3, body);
    sqlite3_bind_int64(event_.get(), 4, at);
    run(event_.get(), db_);
  }

private:
  sqlite3* db_;
  statement message_;
  statement event_;
  std::string content_ = std::string(64, 'x');
};

void measure(const std::string& schema, const std::string& folder, int batch, double seconds) {
  sqlite3* opened = nullptr;
  auto code = sqlite3_open((folder + "/bare.db").c_str(), &opened);
  database db{opened, sqlite3_close};
  check(code == SQLITE_OK, db.get());
  execute(
    db.get(), "PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
              "PRAGMA wal_autocheckpoint = 2000");
  std::ifstream in{schema};
  execute(db.get(), {std::istreambuf_iterator<char>{in}, {}});
  auto rooms = make_rooms(db.get());
  message_writer messages{db.get()};
  auto touch = prepare(db.get(), "UPDATE rooms SET last_seq = ? WHERE id = ? AND epoch = 1");
  std::int64_t rows = 0;
  std::int64_t commits = 0;
  auto begin = std::chrono::steady_clock::now();
  std::chrono::duration<double> spent{0};
  while (spent.count() < seconds) {
    execute(db.get(), "BEGIN IMMEDIATE");
    auto first = rows;
    for (int i = 0; i < batch; ++i, ++rows) {
      auto& r = rooms[static_cast<std::size_t>(rows % room_count)];
      ++r.last_seq;
      messages.write(r, rows);
    }
    for (auto i = first; i < rows && i < first + room_count; ++i) {
      const auto& r = rooms[static_cast<std::size_t>(i % room_count)];
      sqlite3_bind_int64(touch.get(), 1, r.last_seq);
      bind(touch.get(), 2, r.id);
      run(touch.get(), db.get());
    }
    execute(db.get(), "COMMIT");
    ++commits;
    spent = std::chrono::steady_clock::now() - begin;
  }
  std::printf(
    R"({"scenario":"durable","variant":"batches of %d","rows_per_second":%.0f,"commits_per_second":%.0f})"
    "\n",
    batch, static_cast<double>(rows) / spent.count(), static_cast<double>(commits) / spent.count());
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "bench_bare_sqlite SCHEMA.sql FOLDER BATCH SECONDS\n");
    return 2;
  }
  try {
    measure(argv[1], argv[2], std::atoi(argv[3]), std::atof(argv[4]));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_bare_sqlite: %s\n", e.what());
    return 1;
  }
  return 0;
}
