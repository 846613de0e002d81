#include "tools/logging.hpp"

#include "domain/json.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <cstdio>

namespace tools {

namespace {

constexpr std::size_t log_line_bytes = 8'192;
constexpr std::size_t log_value_bytes = 1'024;
constexpr std::size_t log_queue_lines = 8'192;

constexpr std::array<std::string_view, 4> level_names{"debug", "info", "warn", "error"};

std::string_view name_of(domain::log_level level) {
  return level_names.at(static_cast<std::size_t>(level));
}

/// Cut between characters, not inside one.
std::string_view shortened(std::string_view text) {
  if (text.size() <= log_value_bytes)
    return text;
  std::size_t end = log_value_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u)
    --end;
  return text.substr(0, end);
}

void append_plain(std::string& out, std::string_view text) {
  bool is_bare = !text.empty();
  for (unsigned char x : text)
    is_bare = is_bare && x > ' ' && x < 0x7F && x != '"' && x != '=' && x != '\\';
  if (is_bare)
    out += text;
  else
    domain::append_json_string(out, text);
}

/// DEL and the C1 controls (U+0080–U+009F) are legal in JSON, but terminals act on them. They only
/// occur inside quotes, where an escape means the same.
std::string without_controls(std::string line) {
  static constexpr std::string_view hex = "0123456789abcdef";
  for (std::size_t i = 0; i < line.size(); ++i) {
    auto x = static_cast<unsigned char>(line[i]);
    auto next = static_cast<unsigned char>(i + 1 < line.size() ? line[i + 1] : 0);
    bool is_c1 = x == 0xC2 && next >= 0x80 && next < 0xA0;
    if (x != 0x7F && !is_c1)
      continue;
    unsigned code = is_c1 ? next : x;
    line.replace(i, is_c1 ? 2 : 1, {'\\', 'u', '0', '0', hex[code >> 4], hex[code & 15u]});
  }
  return line;
}

void append_number(std::string& out, double value) {
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%.6g", value);
  out += digits.data();
}

std::string text_line(
  domain::timestamp at, domain::log_level level, std::string_view event,
  std::initializer_list<domain::log_field> fields) {
  std::string out = domain::to_iso8601(at) + " ";
  for (char x : name_of(level))
    out += static_cast<char>(x - 'a' + 'A');
  out += level == domain::log_level::info || level == domain::log_level::warn ? "  " : " ";
  append_plain(out, shortened(event));
  for (const auto& field : fields) {
    out += ' ';
    out += field.key;
    out += '=';
    std::visit(
      [&out](auto value) {
        using type = decltype(value);
        if constexpr (std::is_same_v<type, std::string_view>)
          append_plain(out, shortened(value));
        else if constexpr (std::is_same_v<type, bool>)
          out += value ? "true" : "false";
        else if constexpr (std::is_same_v<type, double>)
          append_number(out, value);
        else
          out += std::to_string(value);
      },
      field.value);
  }
  return out;
}

std::string json_line(
  domain::timestamp at, domain::log_level level, std::string_view node, std::string_view event,
  std::initializer_list<domain::log_field> fields) {
  domain::json_object line;
  line.text("time", domain::to_iso8601(at))
    .text("level", name_of(level))
    .text("event", shortened(event))
    .text("node", node);
  std::size_t size = 0;
  for (const auto& field : fields) {
    if (size > log_line_bytes / 2) // a line cut in the middle would be no JSON
      break;
    size += field.key.size() + 32;
    std::visit(
      [&](auto value) {
        using type = decltype(value);
        if constexpr (std::is_same_v<type, std::string_view>) {
          line.text(field.key, shortened(value));
          size += shortened(value).size();
        } else if constexpr (std::is_same_v<type, bool>) {
          line.boolean(field.key, value);
        } else if constexpr (std::is_same_v<type, double>) {
          line.real(field.key, value);
        } else {
          line.number(field.key, value);
        }
      },
      field.value);
  }
  return line.take();
}

} // namespace

std::string log_line(
  log_format format, domain::timestamp at, domain::log_level level, std::string_view node,
  std::string_view event, std::initializer_list<domain::log_field> fields) {
  if (format == log_format::json)
    return without_controls(json_line(at, level, node, event, fields));
  auto line = without_controls(text_line(at, level, event, fields));
  if (line.size() > log_line_bytes)
    line.resize(log_line_bytes);
  return line;
}

struct logger::impl {
  std::shared_ptr<spdlog::details::thread_pool> pool =
    std::make_shared<spdlog::details::thread_pool>(log_queue_lines, 1);
  std::shared_ptr<spdlog::async_logger> out = std::make_shared<spdlog::async_logger>(
    "troupe", std::make_shared<spdlog::sinks::stderr_sink_st>(), pool,
    spdlog::async_overflow_policy::overrun_oldest);
};

logger::logger(log_format format, domain::log_level level, std::string node)
    : impl_(std::make_unique<impl>()), format_(format), level_(level), node_(std::move(node)) {
  impl_->out->set_pattern("%v");
  impl_->out->set_level(spdlog::level::trace);
}

logger::~logger() = default;

bool logger::enabled(domain::log_level level) const {
  return level >= level_.load(std::memory_order_relaxed);
}

void logger::write(
  domain::log_level level, std::string_view event,
  std::initializer_list<domain::log_field> fields) {
  if (!enabled(level))
    return;
  auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  impl_->out->log(spdlog::level::info, log_line(format_, now, level, node_, event, fields));
}

void logger::set_level(domain::log_level level) {
  level_.store(level, std::memory_order_relaxed);
}

std::size_t logger::lost() const {
  return impl_->pool->overrun_counter();
}

} // namespace tools
