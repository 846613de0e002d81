#include "persistence/sqlite/database.hpp"
#include "persistence/sqlite/migrate.hpp"
#include "persistence/sqlite/site.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <stdexcept>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

namespace persistence::sqlite {

namespace {

/// Keeps one connection open for as long as it lives, so that the WAL's shared memory stays for
/// readers.
class sqlite_storage final : public storage {
public:
  sqlite_storage(std::shared_ptr<const site> where, database keeper)
      : site_(std::move(where)), keeper_(std::move(keeper)) {}

  std::unique_ptr<writer> open_writer() override { return make_writer(site_); }
  std::unique_ptr<reader> open_reader() override { return make_reader(site_); }
  std::string durability() const override { return durability_; }
  void set_durability(std::string text) { durability_ = std::move(text); }

private:
  std::shared_ptr<const site> site_;
  database keeper_;
  std::string durability_;
};

domain::error error_of(domain::errc code, std::string why) {
  return {code, std::move(why), {}, {}};
}

/// Read back, not assumed: some file systems refuse WAL, some builds change the defaults.
domain::result<std::string> read_durability(database& db) {
  const auto journal = db.pragma("journal_mode");
  const auto synchronous = db.pragma("synchronous");
  if (journal != "wal")
    return error_of(
      domain::errc::unavailable, "SQLite cannot use a write-ahead log here (journal_mode is "
                                   + journal + "); put the database on a local disk");
  if (synchronous != "2" && synchronous != "3")
    return error_of(
      domain::errc::unavailable,
      "SQLite would not flush its commits (synchronous is " + synchronous + ")");
  return std::string{"wal, synchronous="} + (synchronous == "2" ? "full" : "extra");
}

} // namespace

std::unique_ptr<lock_file> lock_file::take(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0)
    throw std::system_error{errno, std::generic_category(), "cannot make " + path};
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    return std::unique_ptr<lock_file>{new lock_file{descriptor}};
  const int problem = errno;
  ::close(descriptor);
  if (problem == EWOULDBLOCK)
    return nullptr;
  throw std::system_error{problem, std::generic_category(), "cannot lock " + path};
}

lock_file::~lock_file() {
  ::close(descriptor_);
}

domain::result<std::unique_ptr<storage>> open(const std::string& path, storage_options options) {
  try {
    if (const auto folder = std::filesystem::path{path}.parent_path(); !folder.empty())
      std::filesystem::create_directories(folder);
    auto where = std::make_shared<site>();
    where->path = path;
    where->options = options;
    where->lock = lock_file::take(path + ".lock");
    if (!where->lock)
      return error_of(
        domain::errc::unavailable,
        "the database " + path
          + " is in use by another trouped; stop it, or choose another --data-dir");
    database db{path, database::mode::create};
    if (const auto migrated = migrate(db, sqlite_migrations()); !migrated)
      return migrated.error();
    auto durability = read_durability(db);
    if (!durability)
      return durability.error();
    auto made = std::make_unique<sqlite_storage>(std::move(where), std::move(db));
    made->set_durability(*std::move(durability));
    return std::unique_ptr<storage>{std::move(made)};
  } catch (const std::exception& why) {
    return error_of(
      domain::errc::unavailable, "cannot open the database " + path + ": " + why.what());
  }
}

} // namespace persistence::sqlite
