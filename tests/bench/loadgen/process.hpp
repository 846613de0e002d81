#pragma once

#include <cstddef>
#include <sys/types.h>

namespace loadgen {

/// User and system time of all threads so far, in microseconds; 0 for a pid that is not there.
double cpu_microseconds(pid_t pid);

/// Of that, what was spent outside of the kernel; in steps of 10 ms.
double user_cpu_microseconds(pid_t pid);

struct memory_use {
  std::size_t resident_bytes = 0;
  std::size_t private_bytes = 0;
};
/// From /proc/PID/smaps_rollup; throws when the process is gone.
memory_use memory_of(pid_t pid);

} // namespace loadgen
