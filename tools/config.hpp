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
#include <string_view>
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
  std::string tls_cert;
  std::string tls_key;
  domain::log_level log_level = domain::log_level::info;
  tools::log_format log_format = log_format::text;
  std::chrono::milliseconds drain_time = domain::limits::drain_time;
  std::vector<std::string> warnings; // to be logged at start

  std::string database_url() const;
};

/// One row: feeds the command line, the environment, the file, `--help` and docs/configuration.md.
/// A secret is never given on a command line (others can read it there): its flag is the `-file` one,
/// and its variable has a `_FILE` twin.
struct option_row {
  std::string_view name;     // of the flag, without dashes, and of the key in the file
  std::string_view variable; // TROUPE_…
  std::string_view initial;  // default, as shown
  std::string_view bound;    // what is accepted, as shown
  std::string_view help;
  bool is_secret = false;
  /// Sets the value; returns what is wrong with it, or nothing.
  std::optional<std::string> (*apply)(config&, const std::string& value) = nullptr;
};
const std::vector<option_row>& option_table();

using environment = std::map<std::string, std::string>;
environment process_environment();

/// What a command line comes to: settings to go on with; or a text to print (on stdout if `exit_code`
/// is 0, else one line for stderr) and the code to end with. Reads files, changes nothing.
struct command_line {
  std::optional<config> settings;
  int exit_code = 0;
  std::string text;
};
command_line read_command_line(const std::vector<std::string>& arguments, const environment& variables);

/// docs/configuration.md, from the table; `trouped --print-options` writes it and a test compares.
std::string options_as_markdown();

} // namespace tools
