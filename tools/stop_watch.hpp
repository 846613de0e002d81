#pragma once

#include "domain/ports/log.hpp"

#include <atomic>
#include <chrono>
#include <pthread.h>
#include <thread>

namespace tools {

/// Signals of a node, taken one by one instead of in handlers. `block_signals` comes before any
/// thread exists, so that all inherit the mask.
void block_signals();
enum class wanted { stop, reload };
/// Waits for the next: SIGTERM and SIGINT ask to stop, SIGHUP to reload.
wanted next_signal();

/// Stands by while a node stops: a second SIGTERM or SIGINT, or the end of the drain time, ends the
/// process at once with code 1. Its destructor calls it off.
class stop_watch {
public:
  stop_watch(std::chrono::milliseconds drain_time, domain::log& log);
  ~stop_watch();
  stop_watch(const stop_watch&) = delete;
  stop_watch& operator=(const stop_watch&) = delete;

private:
  void stand_by(std::chrono::milliseconds drain_time, domain::log& log);
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

} // namespace tools
