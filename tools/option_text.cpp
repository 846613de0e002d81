#include "tools/option_table.hpp"

namespace tools {

namespace {

std::string flag_of(const option_row& row) {
  std::string flag = "--" + std::string{row.name};
  return row.secrecy == secrecy::secret ? flag + "-file" : flag;
}

std::string default_of(const option_row& row, std::string_view nothing) {
  return std::string{row.initial.empty() ? nothing : row.initial};
}

} // namespace

std::string options_as_help() {
  std::string out =
    "trouped: a Troupe node\n\n"
    "usage: trouped [options]\n\n"
    "A flag counts before its variable, a variable before the file (--config), the file before\n"
    "the default. Secrets come from variables or files, never from the command line.\n\n"
    "  --help                 this text\n"
    "  --version              the version\n"
    "  --config FILE          settings as TOML: name = \"value\", names as below\n"
    "                         TROUPE_CONFIG\n"
    "  --check                read all settings, say what is wrong with them, and end\n"
    "  --print-options        the option table as Markdown\n";
  for (const auto& row : option_table()) {
    std::string flag = "  " + flag_of(row);
    flag.resize(std::max<std::size_t>(flag.size() + 1, 25), ' ');
    out += "\n" + flag + std::string{row.help} + "\n";
    std::string second = "                         " + std::string{row.variable};
    if (row.secrecy != secrecy::plain)
      second += " or " + std::string{row.variable} + "_FILE";
    out += second + "; default: " + default_of(row, "none") + "; " + std::string{row.bound} + "\n";
  }
  return out;
}

std::string options_as_markdown() {
  std::string out = "| flag, file key | variable | default | accepted | what it does |\n"
                    "| --- | --- | --- | --- | --- |\n";
  for (const auto& row : option_table()) {
    auto code = [](std::string_view x) { return "`" + std::string{x} + "`"; };
    std::string flags = code(flag_of(row));
    std::string variables = code(row.variable);
    if (row.secrecy == secrecy::may_hold_secret)
      flags += ", " + code(flag_of(row) + "-file");
    if (row.secrecy != secrecy::plain)
      variables += ", " + code(std::string{row.variable} + "_FILE");
    out += "| " + flags + " | " + variables + " | " + default_of(row, "–") + " | "
           + std::string{row.bound} + " | " + std::string{row.help} + " |\n";
  }
  return out;
}

} // namespace tools
