// The little of SQLite's C API that we use, with owners and exceptions.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace persistence::sqlite {

/// What SQLite could not do. `code` is the extended result code.
class failure : public std::runtime_error {
public:
  failure(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
  int code() const { return code_; }
  int primary() const { return code_ & 0xFF; }

private:
  int code_;
};

/// Bound as NULL when it is empty.
struct text_or_null {
  std::string_view text;
};

class statement;

/// A running statement; puts it back for the next use at its end.
class rows {
public:
  explicit rows(sqlite3_stmt* running) : running_(running) {}
  rows(const rows&) = delete;
  rows& operator=(const rows&) = delete;
  ~rows() { sqlite3_reset(running_); }

  /// Throws `failure`.
  bool next();
  std::string_view text(int column) const;
  std::string string(int column) const { return std::string{text(column)}; }
  std::int64_t integer(int column) const { return sqlite3_column_int64(running_, column); }
  bool is_null(int column) const { return sqlite3_column_type(running_, column) == SQLITE_NULL; }

private:
  sqlite3_stmt* running_;
};

/// Prepared once, run often. Its arguments must live until the run is over: nothing is copied.
class statement {
public:
  statement(sqlite3* db, std::string_view sql);

  template <class... Args>
  [[nodiscard]] rows query(const Args&... args) {
    bind_all(args...);
    return rows{prepared_.get()};
  }
  /// Runs it to its end. Answers SQLITE_OK, or the extended code of the constraint that forbade it
  /// (it did nothing then). Throws `failure` for anything else.
  template <class... Args>
  int attempt(const Args&... args) {
    bind_all(args...);
    return finish();
  }
  /// Runs it to its end and answers how many rows it changed. Throws `failure`.
  template <class... Args>
  int run(const Args&... args) {
    bind_all(args...);
    return finish_and_count();
  }

private:
  template <class... Args>
  void bind_all(const Args&... args) {
    int position = 0;
    (bind(++position, args), ...);
  }
  void bind(int position, std::string_view text);
  void bind(int position, text_or_null text);
  void bind(int position, std::int64_t number);
  template <class Number>
  requires(std::is_integral_v<Number> || std::is_enum_v<Number>) void bind(
    int position, Number number) {
    bind(position, static_cast<std::int64_t>(number));
  }
  template <class Clock>
  void bind(int position, std::chrono::time_point<Clock, std::chrono::milliseconds> at) {
    bind(position, static_cast<std::int64_t>(at.time_since_epoch().count()));
  }
  int finish();
  int finish_and_count();

  struct finalizer {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  std::unique_ptr<sqlite3_stmt, finalizer> prepared_;
};

/// One connection, one thread at a time.
class database {
public:
  enum class mode { create, read_write, read_only };
  /// Opens it with our settings. Throws `failure`.
  database(const std::string& path, mode how);

  statement prepare(std::string_view sql) { return {handle_.get(), sql}; }
  /// One or more statements without results. Throws `failure`.
  void execute(const std::string& sql);
  std::string pragma(const std::string& name);
  bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
  sqlite3* handle() { return handle_.get(); }

private:
  struct closer {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::unique_ptr<sqlite3, closer> handle_;
};

} // namespace persistence::sqlite
