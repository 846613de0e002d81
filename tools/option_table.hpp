#pragma once

#include "tools/config.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tools {

/// How an option may be given. A secret is never taken from a command line, where other users of
/// the machine can read it: only from its variable, or from a file that `--NAME-file` or
/// `TROUPE_NAME_FILE` names. What may hold a secret (an address with a password in it) can be given
/// in all ways.
enum class secrecy : std::uint8_t { plain, may_hold_secret, secret };

/// One row: feeds the command line, the environment, the file, `--help` and docs/configuration.md.
struct option_row {
  std::string_view name;     // of the flag, without dashes, and of the key in the file
  std::string_view variable; // TROUPE_…
  std::string_view initial;  // the default, as shown
  std::string_view bound;    // what is accepted, as shown and as said when it is not
  std::string_view help;
  /// Sets the value; returns what is wrong with it, or nothing. The value itself is not in the
  /// answer.
  std::optional<std::string> (*apply)(config&, const std::string& value) = nullptr;
  tools::secrecy secrecy = secrecy::plain;
};

const std::vector<option_row>& option_table();

/// `trouped --help`.
std::string options_as_help();
/// The table of docs/configuration.md; `trouped --print-options` prints it, tests/tidy compares.
std::string options_as_markdown();

} // namespace tools
