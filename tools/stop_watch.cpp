#include "tools/stop_watch.hpp"

#include <csignal>
#include <ctime>
#include <unistd.h>

namespace tools {

namespace {

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int number : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&set, number);
  return set;
}

} // namespace

void block_signals() {
  auto set = handled_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN); // a peer that went away is an error code, not an end
}

wanted next_signal() {
  auto set = handled_signals();
  int number = 0;
  while (sigwait(&set, &number) != 0) {
  }
  return number == SIGHUP ? wanted::reload : wanted::stop;
}

stop_watch::stop_watch(std::chrono::milliseconds drain_time, domain::log& log)
    : thread_([this, drain_time, &log] { stand_by(drain_time, log); }) {}

stop_watch::~stop_watch() {
  is_over_ = true;
  pthread_kill(thread_.native_handle(), SIGHUP); // blocked: only ends its wait
  thread_.join();
}

void stop_watch::stand_by(std::chrono::milliseconds drain_time, domain::log& log) {
  auto set = handled_signals();
  const auto end = std::chrono::steady_clock::now() + drain_time;
  while (!is_over_) {
    auto left =
      std::chrono::duration_cast<std::chrono::nanoseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      log.error("stop-overdue", {{"drain_ms", std::int64_t{drain_time.count()}}});
      _exit(1);
    }
    timespec wait{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    int number = sigtimedwait(&set, nullptr, &wait);
    if (!is_over_ && (number == SIGTERM || number == SIGINT)) {
      log.error("stop-forced");
      _exit(1);
    }
  }
}

} // namespace tools
