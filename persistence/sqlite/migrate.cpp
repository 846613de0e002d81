#include "persistence/sqlite/migrate.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace persistence::sqlite {

namespace {

struct applied {
  std::string name;
  std::string checksum;
};

/// FNV-1a, 64 bits: shows an edit, not an attack.
std::string checksum_of(std::string_view text) {
  std::uint64_t hash = 14'695'981'039'346'656'037u;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1'099'511'628'211u;
  }
  std::string hex(16, '0');
  for (auto digit = hex.rbegin(); digit != hex.rend(); ++digit, hash >>= 4u)
    *digit = "0123456789abcdef"[hash & 0xFu];
  return hex;
}

std::map<std::int64_t, applied> read_applied(database& db) {
  std::map<std::int64_t, applied> known;
  auto ask = db.prepare("SELECT number, name, checksum FROM schema_migrations");
  for (auto row = ask.query(); row.next();)
    known[row.integer(0)] = {row.string(1), row.string(2)};
  return known;
}

domain::error refuse(std::string why) {
  return {domain::errc::conflict, std::move(why), {}, {}};
}

void run(database& db, const migration& m, const std::string& checksum) {
  db.execute("BEGIN IMMEDIATE");
  try {
    db.execute(std::string{m.sql});
    db.prepare("INSERT INTO schema_migrations (number, name, checksum) VALUES (?, ?, ?)")
      .run(m.number, m.name, std::string_view{checksum});
    db.execute("COMMIT");
  } catch (const failure&) {
    if (db.in_transaction())
      db.execute("ROLLBACK");
    throw;
  }
}

} // namespace

domain::result<void> migrate(database& db, std::span<const migration> all) {
  try {
    db.execute("CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, "
               "name TEXT NOT NULL, checksum TEXT NOT NULL, "
               "applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP) STRICT");
    auto known = read_applied(db);
    for (const auto& m : all) {
      const auto checksum = checksum_of(m.sql);
      const auto before = known.extract(m.number);
      if (before.empty())
        run(db, m, checksum);
      else if (before.mapped().checksum != checksum)
        return refuse(
          "migration " + std::string{m.name}
          + " was changed after it ran on this database; restore the file or the database");
    }
    if (!known.empty())
      return refuse(
        "the database has migration " + known.begin()->second.name
        + ", which this program does not know; run the program that made it, or a newer one");
  } catch (const failure& why) {
    return domain::error{
      domain::errc::internal, std::string{"migration failed: "} + why.what(), {}, {}};
  }
  return {};
}

} // namespace persistence::sqlite
