#include "persistence/sqlite/database.hpp"

namespace persistence::sqlite {

namespace {

[[noreturn]] void fail(sqlite3* db, const std::string& doing) {
  throw failure{
    sqlite3_extended_errcode(db),
    doing + ": " + (db != nullptr ? sqlite3_errmsg(db) : "out of memory")};
}

constexpr int busy_milliseconds = 5'000;

} // namespace

bool rows::next() {
  switch (sqlite3_step(running_)) {
  case SQLITE_ROW:
    return true;
  case SQLITE_DONE:
    return false;
  default:
    fail(sqlite3_db_handle(running_), sqlite3_sql(running_));
  }
}

std::string_view rows::text(int column) const {
  const auto* bytes = sqlite3_column_text(running_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(running_, column));
  return bytes == nullptr ? std::string_view{}
                          : std::string_view{reinterpret_cast<const char*>(bytes), size};
}

statement::statement(sqlite3* db, std::string_view sql) {
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v3(
    db, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  prepared_.reset(made);
  if (code != SQLITE_OK || made == nullptr)
    fail(db, std::string{sql});
}

// The destructor argument is SQLITE_STATIC (null) everywhere: SQLite reads our bytes where they
// are.
void statement::bind(int position, std::string_view text) {
  const char* bytes = text.data() != nullptr ? text.data() : ""; // null would mean NULL
  if (
    sqlite3_bind_text64(
      prepared_.get(), position, bytes, static_cast<sqlite3_uint64>(text.size()), nullptr,
      SQLITE_UTF8)
    != SQLITE_OK)
    fail(sqlite3_db_handle(prepared_.get()), sqlite3_sql(prepared_.get()));
}

void statement::bind(int position, text_or_null text) {
  if (!text.text.empty())
    return bind(position, text.text);
  if (sqlite3_bind_null(prepared_.get(), position) != SQLITE_OK)
    fail(sqlite3_db_handle(prepared_.get()), sqlite3_sql(prepared_.get()));
}

void statement::bind(int position, std::int64_t number) {
  if (sqlite3_bind_int64(prepared_.get(), position, number) != SQLITE_OK)
    fail(sqlite3_db_handle(prepared_.get()), sqlite3_sql(prepared_.get()));
}

int statement::finish() {
  const rows running{prepared_.get()};
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW)
    code = sqlite3_step(prepared_.get());
  if (code == SQLITE_DONE)
    return SQLITE_OK;
  auto* db = sqlite3_db_handle(prepared_.get());
  if ((code & 0xFF) == SQLITE_CONSTRAINT)
    return sqlite3_extended_errcode(db);
  fail(db, sqlite3_sql(prepared_.get()));
}

int statement::finish_and_count() {
  auto* db = sqlite3_db_handle(prepared_.get());
  if (const int broken = finish(); broken != SQLITE_OK)
    throw failure{broken, std::string{sqlite3_sql(prepared_.get())} + ": constraint"};
  return sqlite3_changes(db);
}

database::database(const std::string& path, mode how) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (how == mode::read_only)
    flags |= SQLITE_OPEN_READONLY;
  else
    flags |= SQLITE_OPEN_READWRITE | (how == mode::create ? SQLITE_OPEN_CREATE : 0);
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  handle_.reset(opened);
  if (code != SQLITE_OK)
    fail(opened, "cannot open " + path);
  sqlite3_busy_timeout(opened, busy_milliseconds);
  execute("PRAGMA foreign_keys = ON");
  if (how == mode::read_only)
    return;
  if (how == mode::create)
    execute("PRAGMA journal_mode = WAL");
  execute("PRAGMA synchronous = FULL");
  // A batch over many rooms touches some hundred pages; with the default 2 MB they are written and
  // read back over and over within one transaction.
  execute("PRAGMA cache_size = -65536"); // KiB
  // A statement that may stop halfway keeps a journal of its own: not in a file.
  execute("PRAGMA temp_store = MEMORY");
  // Checkpoints are the writer's own: SQLite's automatic ones keep a failed flush to themselves.
  execute("PRAGMA wal_autocheckpoint = 0");
}

void database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    fail(handle_.get(), sql);
}

std::string database::pragma(const std::string& name) {
  auto ask = prepare("PRAGMA " + name);
  auto answer = ask.query();
  return answer.next() ? answer.string(0) : std::string{};
}

} // namespace persistence::sqlite
