#pragma once

#include "domain/ports/log.hpp"
#include "domain/time.hpp"
#include "tools/config.hpp"

#include <atomic>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace tools {

/// One log line, without its end, at most `log_line_bytes` long: a JSON object with `time`,
/// `level`, `event`, `node` and the fields; or for people, `TIME LEVEL event key=value …` with all
/// but plain ASCII and letters quoted, so that nothing from outside can begin a line of its own or
/// reach a terminal.
std::string log_line(
  log_format format, domain::timestamp at, domain::log_level level, std::string_view node,
  std::string_view event, std::initializer_list<domain::log_field> fields);

/// `domain::log` over spdlog, to stderr. Lines are written by a thread of their own from a bounded
/// queue: when whoever reads stderr stalls, the oldest lines are lost, not the node. Any thread.
class logger final : public domain::log {
public:
  logger(log_format format, domain::log_level level, std::string node);
  ~logger() override; // writes what is queued

  bool enabled(domain::log_level level) const override;
  void write(
    domain::log_level level, std::string_view event,
    std::initializer_list<domain::log_field> fields) override;
  void set_level(domain::log_level level);
  /// Lines lost so far because stderr was not read.
  std::size_t lost() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
  log_format format_;
  std::atomic<domain::log_level> level_;
  std::string node_;
};

} // namespace tools
