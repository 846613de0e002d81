#include "tools/option_values.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <fstream>
#include <limits>
#include <sys/stat.h>

namespace tools {

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t value = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() || text.empty())
    return std::nullopt;
  return value;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  struct unit {
    std::string_view suffix;
    std::uint64_t milliseconds;
  };
  // "ms" before "m" and "s": the first that fits is taken
  static constexpr std::array units{
    unit{"ms", 1}, unit{"s", 1'000}, unit{"m", 60'000}, unit{"h", 3'600'000},
    unit{"d", 86'400'000}};
  std::uint64_t factor = 1'000;
  for (const auto& u : units) {
    if (text.ends_with(u.suffix)) {
      text.remove_suffix(u.suffix.size());
      factor = u.milliseconds;
      break;
    }
  }
  auto value = parse_count(text);
  constexpr auto longest = std::uint64_t{100} * 365 * 86'400'000;
  if (!value || *value > longest / factor)
    return std::nullopt;
  return std::chrono::milliseconds{static_cast<std::int64_t>(*value * factor)};
}

std::optional<bool> parse_switch(std::string_view text) {
  if (text == "on" || text == "true" || text == "yes" || text == "1")
    return true;
  if (text == "off" || text == "false" || text == "no" || text == "0")
    return false;
  return std::nullopt;
}

std::vector<std::string> parse_list(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    auto comma = std::min(text.find(','), text.size());
    auto part = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (part.starts_with(' '))
      part.remove_prefix(1);
    while (part.ends_with(' '))
      part.remove_suffix(1);
    if (!part.empty())
      parts.emplace_back(part);
  }
  return parts;
}

std::optional<domain::topic_rights> parse_topic_rights(std::string_view text) {
  const auto parse_who = [](std::string_view name, std::optional<domain::role>& into) {
    domain::role least{};
    const bool is_role = domain::parse_role(name, least);
    into = is_role ? std::optional{least} : std::nullopt;
    return is_role || name == "nobody";
  };
  std::vector<domain::topic_rule> rules;
  for (const auto& part : parse_list(text)) {
    const auto sign = std::min(part.find('='), part.size());
    const auto slash = std::min(part.find('/', sign), part.size());
    domain::topic_rule rule{part.substr(0, sign), {}, {}};
    const bool is_new = std::none_of(
      rules.begin(), rules.end(), [&](const auto& each) { return each.prefix == rule.prefix; });
    if (
      slash == part.size() || !is_new || !domain::is_topic_prefix(rule.prefix)
      || !parse_who(std::string_view{part}.substr(sign + 1, slash - sign - 1), rule.subscribe)
      || !parse_who(std::string_view{part}.substr(slash + 1), rule.publish))
      return std::nullopt;
    rules.push_back(std::move(rule));
  }
  return domain::topic_rights{std::move(rules)};
}

std::optional<listen_address> parse_listen(std::string_view text) {
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return std::nullopt;
  auto port = parse_count(text.substr(colon + 1));
  if (!port || *port > std::numeric_limits<std::uint16_t>::max())
    return std::nullopt;
  std::string host{text.substr(0, colon)};
  if (host.empty())
    host = "0.0.0.0";
  if (host == "localhost")
    host = "127.0.0.1";
  std::array<unsigned char, sizeof(in6_addr)> binary{};
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    if (inet_pton(AF_INET6, host.c_str(), binary.data()) != 1)
      return std::nullopt;
  } else if (inet_pton(AF_INET, host.c_str(), binary.data()) != 1) {
    return std::nullopt;
  }
  return listen_address{host, static_cast<std::uint16_t>(*port)};
}

std::optional<std::string> read_small_file(const std::string& path) {
  struct stat about {};
  // a folder opens well as a stream and fails only later
  if (stat(path.c_str(), &about) != 0 || S_ISDIR(about.st_mode))
    return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::string content(std::size_t{64} * 1024 + 1, '\0');
  if (!file.read(content.data(), static_cast<std::streamsize>(content.size())) && !file.eof())
    return std::nullopt;
  content.resize(static_cast<std::size_t>(file.gcount()));
  if (content.size() > std::size_t{64} * 1024)
    return std::nullopt;
  while (content.ends_with('\n') || content.ends_with('\r'))
    content.pop_back();
  return content;
}

} // namespace tools
