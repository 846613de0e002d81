#include "tools/data_dir.hpp"

#include "tools/option_values.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace tools {

namespace {

domain::error failure(const std::string& what) {
  return {domain::errc::unavailable, what + ": " + std::strerror(errno), {}, {}};
}

bool write_all(int file, const std::string& content) {
  std::size_t done = 0;
  while (done < content.size()) {
    auto n = ::write(file, content.data() + done, content.size() - done);
    if (n <= 0)
      return false;
    done += static_cast<std::size_t>(n);
  }
  return ::fsync(file) == 0;
}

} // namespace

domain::result<void> make_data_dir(const std::string& path) {
  std::filesystem::path parent = std::filesystem::path{path}.parent_path();
  std::error_code failed;
  if (!parent.empty())
    std::filesystem::create_directories(parent, failed);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return failure("cannot make the data folder " + path);
  if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0)
    return failure("cannot write to the data folder " + path);
  return {};
}

domain::result<std::string> kept_secret(const std::string& data_dir, domain::random& random) {
  const std::string path = data_dir + "/jwt_secret";
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) {
    const std::string draft = path + "." + std::to_string(::getpid());
    int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
      return failure("cannot make " + draft);
    bool is_written = write_all(file, random.token(48) + "\n");
    bool is_closed = ::close(file) == 0;
    // link() takes effect whole or not at all, and loses to a node that was first
    bool is_named =
      is_written && is_closed && (::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
    domain::error why = failure("cannot write " + path);
    ::unlink(draft.c_str());
    if (!is_named)
      return why;
  }
  auto secret = read_small_file(path);
  if (!secret)
    return failure("cannot read " + path);
  if (secret->size() < 32)
    return domain::error{
      domain::errc::unavailable,
      path
        + " has less than 32 characters: remove it to have a new one made"
          " (all users sign in again)",
      {},
      {}};
  return *secret;
}

} // namespace tools
