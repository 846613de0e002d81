#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace domain {

enum class log_level : std::uint8_t { debug, info, warn, error };

struct log_field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;
};

/// Log lines: a stable event id that operators search for, then fields. Never content, tokens or
/// passwords. Any thread; never blocks for long.
class log {
public:
  virtual ~log() = default;
  virtual bool enabled(log_level level) const = 0;
  virtual void
  write(log_level level, std::string_view event, std::initializer_list<log_field> fields) = 0;

  void debug(std::string_view event, std::initializer_list<log_field> fields = {}) {
    if (enabled(log_level::debug))
      write(log_level::debug, event, fields);
  }
  void info(std::string_view event, std::initializer_list<log_field> fields = {}) {
    if (enabled(log_level::info))
      write(log_level::info, event, fields);
  }
  void warn(std::string_view event, std::initializer_list<log_field> fields = {}) {
    if (enabled(log_level::warn))
      write(log_level::warn, event, fields);
  }
  void error(std::string_view event, std::initializer_list<log_field> fields = {}) {
    if (enabled(log_level::error))
      write(log_level::error, event, fields);
  }
};

} // namespace domain
