#pragma once

#include "persistence/storage.hpp"

#include <memory>
#include <string>

namespace persistence::sqlite {

/// Holds the lock file of a database: one process at a time. The kernel lets go of it when the
/// process ends, however it ends.
class lock_file {
public:
  /// Nothing when another process has it. Throws std::runtime_error when the file cannot be made.
  static std::unique_ptr<lock_file> take(const std::string& path);
  lock_file(const lock_file&) = delete;
  lock_file& operator=(const lock_file&) = delete;
  ~lock_file();

private:
  explicit lock_file(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// What the writer and the readers of one database share.
struct site {
  std::string path;
  storage_options options;
  std::unique_ptr<lock_file> lock;
};

std::unique_ptr<writer> make_writer(std::shared_ptr<const site> where);
std::unique_ptr<reader> make_reader(std::shared_ptr<const site> where);
/// Makes the folder, takes the lock, runs the migrations.
domain::result<std::unique_ptr<storage>> open(const std::string& path, storage_options options);

} // namespace persistence::sqlite
