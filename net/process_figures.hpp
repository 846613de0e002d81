#pragma once

#include <cstddef>
#include <cstdint>

namespace net {

/// What the kernel says of this process. Cheap; any thread.
struct process_figures {
  std::uint64_t resident_bytes = 0;
  double cpu_seconds = 0; // user and system
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;
  std::uint64_t threads = 0;
};
process_figures read_process_figures();

} // namespace net
