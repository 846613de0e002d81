#include "tests/bench/loadgen/process.hpp"

#include <ctime>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace loadgen {

double cpu_microseconds(pid_t pid) {
  // the same sum as utime + stime in /proc/PID/stat, but in nanoseconds instead of ticks of 10 ms
  clockid_t clock{};
  timespec spent{};
  if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &spent) != 0)
    return 0;
  return static_cast<double>(spent.tv_sec) * 1e6 + static_cast<double>(spent.tv_nsec) / 1e3;
}

double user_cpu_microseconds(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/stat"};
  std::string line;
  if (!std::getline(in, line))
    return 0;
  // Behind the name, which may hold anything: state is field 3, utime field 14.
  std::istringstream fields{line.substr(line.rfind(')') + 2)};
  std::string skipped;
  for (int field = 3; field < 14; ++field)
    fields >> skipped;
  double ticks = 0;
  fields >> ticks;
  return ticks * 1e6 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

memory_use memory_of(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/smaps_rollup"};
  if (!in)
    throw std::runtime_error{"no process " + std::to_string(pid)};
  memory_use result;
  std::string line;
  while (std::getline(in, line)) {
    auto colon = line.find(':');
    if (colon == std::string::npos)
      continue;
    auto bytes = [&] { return std::stoul(line.substr(colon + 1)) * 1024; };
    if (line.starts_with("Rss:"))
      result.resident_bytes = bytes();
    else if (line.starts_with("Private_Clean:") || line.starts_with("Private_Dirty:"))
      result.private_bytes += bytes();
  }
  return result;
}

} // namespace loadgen
