#include "persistence/sqlite/migrate.hpp"
#include "tests/support/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <array>

using namespace persistence;
using persistence::sqlite::database;
using persistence::sqlite::migrate;

namespace {

std::string ask(database& db, const std::string& sql) {
  auto question = db.prepare(sql);
  auto row = question.query();
  return row.next() ? row.string(0) : "nothing";
}

constexpr migration first{1, "0001_a.sqlite.sql", "CREATE TABLE a (x); INSERT INTO a VALUES (1);"};
constexpr migration second{2, "0002_b.sqlite.sql", "INSERT INTO a VALUES (2);"};

} // namespace

TEST_CASE("migrations run in order and never twice", "[migrations]") {
  const support::temporary_folder folder;
  database db{(folder.path() / "t.db").string(), database::mode::create};
  REQUIRE(migrate(db, std::array{first}));
  REQUIRE(migrate(db, std::array{first}));
  CHECK(ask(db, "SELECT count(*) FROM a") == "1");
  REQUIRE(migrate(db, std::array{first, second}));
  REQUIRE(migrate(db, std::array{first, second}));
  CHECK(ask(db, "SELECT count(*) FROM a") == "2");
  CHECK(
    ask(db, "SELECT group_concat(name) FROM schema_migrations")
    == "0001_a.sqlite.sql,0002_b.sqlite.sql");
}

TEST_CASE("a migration that was edited after it ran is refused by name", "[migrations]") {
  const support::temporary_folder folder;
  database db{(folder.path() / "t.db").string(), database::mode::create};
  REQUIRE(migrate(db, std::array{first}));
  auto edited = first;
  edited.sql = "CREATE TABLE a (x); INSERT INTO a VALUES (3);";
  const auto refused = migrate(db, std::array{edited});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == domain::errc::conflict);
  CHECK_THAT(refused.error().message, Catch::Contains("0001_a.sqlite.sql was changed"));
}

TEST_CASE("a database of a newer program is refused", "[migrations]") {
  const support::temporary_folder folder;
  database db{(folder.path() / "t.db").string(), database::mode::create};
  REQUIRE(migrate(db, std::array{first, second}));
  const auto refused = migrate(db, std::array{first});
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Catch::Contains("0002_b.sqlite.sql"));
}

TEST_CASE(
  "a migration that fails leaves nothing and can be run again when mended", "[migrations]") {
  const support::temporary_folder folder;
  database db{(folder.path() / "t.db").string(), database::mode::create};
  REQUIRE(migrate(db, std::array{first}));
  auto broken = second;
  broken.sql = "INSERT INTO a VALUES (2); INSERT INTO missing VALUES (1);";
  const auto failed = migrate(db, std::array{first, broken});
  REQUIRE_FALSE(failed);
  CHECK_THAT(failed.error().message, Catch::Contains("missing"));
  CHECK(ask(db, "SELECT count(*) FROM a") == "1");
  REQUIRE(migrate(db, std::array{first, second}));
  CHECK(ask(db, "SELECT count(*) FROM a") == "2");
}

TEST_CASE("the built-in migrations are numbered from 1 without holes", "[migrations]") {
  int expected = 1;
  for (const auto& m : sqlite_migrations()) {
    CHECK(m.number == expected++);
    CHECK_FALSE(m.sql.empty());
  }
  CHECK(expected > 1);
}
