#pragma once

#include "domain/topic_rights.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// How option values are written. Each returns nothing for what it cannot read; none throws.
namespace tools {

/// Digits only, without sign.
std::optional<std::uint64_t> parse_count(std::string_view text);
/// `1500ms`, `25s`, `2m`, `12h`, `30d`; a number alone means seconds.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// on/off, true/false, yes/no, 1/0.
std::optional<bool> parse_switch(std::string_view text);
/// `a,b , c`; empty parts are left out.
std::vector<std::string> parse_list(std::string_view text);

/// `PREFIX=SUBSCRIBE/PUBLISH, …`, where both are user, moderator, admin or nobody.
std::optional<domain::topic_rights> parse_topic_rights(std::string_view text);

struct listen_address {
  std::string address; // numeric
  std::uint16_t port = 0;
};
/// `0.0.0.0:8080`, `[::1]:0`, `localhost:80`, `:8080` (all IPv4 addresses).
std::optional<listen_address> parse_listen(std::string_view text);

/// The whole of a small file (at most 64 KiB), without line ends at its end.
std::optional<std::string> read_small_file(const std::string& path);

} // namespace tools
