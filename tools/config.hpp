// Mains, and what only they may touch: the command line, the environment, signals, where logs go.
// Everything else in the house is handed its settings and its world from here.
#pragma once

#include "actors/settings.hpp"
#include "domain/ports/log.hpp"
#include "net/settings.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tools {

enum class log_format : std::uint8_t { text, json };

/// All that an operator can set for one node.
struct config {
  actors::settings actors;
  net::settings net;
  std::string database; // empty: `sqlite:` troupe.db in data_dir
  std::string redis;    // empty: a single node
  std::string data_dir = "data";
  std::string admin_email; // empty: no administrator is made at start
  std::string admin_password;
  std::string tls_cert; // empty: plain HTTP
  std::string tls_key;
  domain::log_level log_level = domain::log_level::info;
  tools::log_format log_format = log_format::text;
  std::chrono::milliseconds drain_time = domain::limits::drain_time;
  std::vector<std::string> arguments; // read again on SIGHUP, for log_level
  std::vector<std::string> warnings;  // to be logged at start

  std::string database_url() const;
};

using environment = std::map<std::string, std::string>;
environment process_environment();

/// What a command line comes to: settings to go on with; or a text to print (on stdout if
/// `exit_code` is 0, else one line for stderr) and the code to end with. Reads files, changes
/// nothing.
struct command_line {
  std::optional<config> settings;
  int exit_code = 0;
  std::string text;
};
command_line
read_command_line(const std::vector<std::string>& arguments, const environment& variables);

} // namespace tools
