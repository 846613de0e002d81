#include "tools/config.hpp"

#include "domain/user.hpp"
#include "net/tls.hpp"
#include "tools/option_table.hpp"
#include "tools/option_values.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace tools {

namespace {

/// One line, ends the process with 2.
struct refused {
  std::string line;
};

/// What was given for an option, and where, for the message when it is wrong.
struct given {
  std::string value;
  std::string where;
};
using layer = std::map<std::string, given, std::less<>>; // by option name

std::string file_content(const std::string& path, const std::string& where) {
  auto content = read_small_file(path);
  if (!content)
    throw refused{where + ": cannot read the file " + path};
  if (content->empty())
    throw refused{where + ": the file " + path + " is empty"};
  return *content;
}

/// `NAME-file` and `TROUPE_NAME_FILE` twins are read here, so that all that follows sees values.
void put(layer& into, const option_row& row, given direct, const given* from_file) {
  if (!direct.where.empty() && from_file != nullptr)
    throw refused{direct.where + " and " + from_file->where + " are both given: use one"};
  if (from_file != nullptr)
    direct = {file_content(from_file->value, from_file->where), from_file->where};
  if (!direct.where.empty())
    into.insert_or_assign(std::string{row.name}, std::move(direct));
}

layer layer_of_values(const layer& raw) {
  layer result;
  for (const auto& row : option_table()) {
    auto direct = raw.find(row.name);
    auto from_file = raw.find(std::string{row.name} + "-file");
    put(
      result, row, direct == raw.end() ? given{} : direct->second,
      row.secrecy == secrecy::plain || from_file == raw.end() ? nullptr : &from_file->second);
  }
  return result;
}

layer layer_of_environment(const environment& variables, std::vector<std::string>& warnings) {
  // read elsewhere: --config, and what troupectl takes
  static constexpr std::array<std::string_view, 4> others{
    "TROUPE_CONFIG", "TROUPE_URL", "TROUPE_TOKEN", "TROUPE_TOKEN_FILE"};
  layer raw;
  for (const auto& [variable, value] : variables) {
    if (!variable.starts_with("TROUPE_") || std::ranges::count(others, variable) != 0)
      continue;
    auto row = std::ranges::find_if(option_table(), [&](const option_row& x) {
      return variable == x.variable
             || (x.secrecy != secrecy::plain && variable == std::string{x.variable} + "_FILE");
    });
    if (row == option_table().end()) {
      warnings.push_back("the variable " + variable + " is not known and was left aside");
      continue;
    }
    if (!value.empty()) // an empty variable is as good as none
      raw[std::string{row->name} + (variable == row->variable ? "" : "-file")] = {value, variable};
  }
  return layer_of_values(raw);
}

bool is_key(std::string_view name) {
  return std::ranges::any_of(option_table(), [&](const option_row& row) {
    auto twin = std::string{row.name} + "-file";
    return (row.secrecy != secrecy::secret && name == row.name)
           || (row.secrecy != secrecy::plain && name == twin);
  });
}

layer layer_of_file(const std::string& path) {
  auto content = read_small_file(path);
  if (!content)
    throw refused{"cannot read the configuration file " + path};
  std::vector<CLI::ConfigItem> items;
  try {
    std::istringstream stream(*content);
    items = CLI::ConfigTOML{}.from_config(stream);
  } catch (const CLI::Error& e) {
    throw refused{path + ": " + e.what()};
  }
  layer raw;
  for (const auto& item : items) {
    if (!item.parents.empty())
      throw refused{path + ": sections are not known ([" + item.parents.front() + "])"};
    std::string name = item.name;
    std::ranges::replace(name, '_', '-');
    if (!is_key(name))
      throw refused{path + ": the option " + item.name + " is not known"};
    if (raw.contains(name))
      throw refused{path + ": " + item.name + " is given twice"};
    std::string value;
    for (const auto& part : item.inputs)
      value += (value.empty() ? "" : ",") + part;
    if (!value.empty())
      raw[name] = {value, path + ": " + item.name};
  }
  return layer_of_values(raw);
}

std::string about_unknown(const std::vector<std::string>& words) {
  auto first = std::ranges::find_if(words, [](const auto& x) { return x.starts_with('-'); });
  std::string word = first == words.end() ? words.front() : first->substr(0, first->find('='));
  for (const auto& row : option_table()) {
    if (row.secrecy == secrecy::secret && word == "--" + std::string{row.name})
      return word + ": secrets are not taken from the command line; use " + word + "-file or "
             + std::string{row.variable};
  }
  return first == words.end() ? "the word " + word + " is not expected"
                              : "the option " + word + " is not known (see trouped --help)";
}

void set_all(config& c, const layer& values) {
  for (const auto& row : option_table()) {
    auto found = values.find(row.name);
    if (found == values.end())
      continue;
    if (found->second.value.find_first_of(std::string_view{"\n\r\0", 3}) != std::string::npos)
      throw refused{found->second.where + ": must be one line"};
    if (auto wrong = row.apply(c, found->second.value))
      throw refused{found->second.where + ": " + *wrong};
  }
}

/// Also what a layer above replaces has to be right: a mistake shows when it is made, not years
/// later.
void check_alone(const layer& values) {
  config nobodys;
  set_all(nobodys, values);
}

/// What only shows when all are known.
void check_together(const config& c) {
  if (c.admin_email.empty() != c.admin_password.empty())
    throw refused{"the administrator needs both an email and a password (TROUPE_ADMIN_EMAIL, "
                  "TROUPE_ADMIN_PASSWORD or --admin-password-file)"};
  if (!c.admin_email.empty()) {
    auto admin = domain::check(
      domain::registration{c.admin_email, "admin", "Administrator", c.admin_password});
    if (!admin)
      throw refused{
        "the administrator's " + admin.error().details.front().field + ": "
        + admin.error().details.front().message};
  }
  bool has_key = !c.actors.jwt_public_key.empty();
  if ((c.actors.jwt_algorithm != "HS256") != has_key)
    throw refused{
      has_key
        ? "TROUPE_JWT_PUBLIC_KEY_FILE needs TROUPE_JWT_ALGORITHM RS256 or ES256"
        : "TROUPE_JWT_ALGORITHM " + c.actors.jwt_algorithm + " needs TROUPE_JWT_PUBLIC_KEY_FILE"};
  if (c.actors.external_roles && !c.actors.external_users)
    throw refused{"TROUPE_EXTERNAL_ROLES needs TROUPE_EXTERNAL_USERS"};
  if (c.tls_cert.empty() != c.tls_key.empty())
    throw refused{"TLS needs both TROUPE_TLS_CERT and TROUPE_TLS_KEY"};
  if (!c.tls_cert.empty())
    if (const auto tls = net::tls::load(c.tls_cert, c.tls_key); !tls)
      throw refused{tls.error().message};
}

std::string default_node_name() {
  std::string name(65, '\0');
  if (gethostname(name.data(), name.size() - 1) != 0)
    return "troupe";
  name.resize(std::strlen(name.c_str()));
  std::ranges::replace_if(
    name, [](unsigned char x) { return std::isalnum(x) == 0 && x != '-' && x != '.'; }, '-');
  return name.empty() ? "troupe" : name;
}

/// Beside the program (`build/trouped` → `web/`, an installed one → `share/troupe/web`), or in the
/// source tree it was built from.
std::string default_web_dir() {
  std::error_code failed;
  auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
  for (const auto& candidate :
       {program.parent_path() / "web", program.parent_path().parent_path() / "web",
        program.parent_path().parent_path() / "share/troupe/web",
        std::filesystem::path{TROUPE_SOURCE_DIR} / "web"}) {
    if (std::filesystem::is_directory(candidate, failed))
      return candidate.string();
  }
  return "web";
}

config defaults() {
  config c;
  c.net.shards = std::clamp(std::thread::hardware_concurrency(), 1u, 256u);
  c.net.node_name = default_node_name();
  c.net.web_dir = default_web_dir();
  return c;
}

} // namespace

std::string config::database_url() const {
  return database.empty() ? "sqlite:" + data_dir + "/troupe.db" : database;
}

environment process_environment() {
  environment result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    std::string_view text{*entry};
    auto equals = text.find('=');
    if (equals != std::string_view::npos)
      result.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

command_line
read_command_line(const std::vector<std::string>& arguments, const environment& variables) try {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras(); // CLI11's own message about them repeats values, which may be secrets
  bool help = false, version = false, check = false, print = false;
  std::string file;
  app.add_flag("--help,-h", help);
  app.add_flag("--version", version);
  app.add_flag("--check", check);
  app.add_flag("--print-options", print);
  app.add_option("--config", file);
  std::map<std::string, std::string> flags;
  for (const auto& row : option_table()) {
    std::string name{row.name};
    if (row.secrecy != secrecy::secret) {
      auto* option = app.add_option("--" + name, flags[name]);
      if (row.bound == "on, off")
        option->expected(0, 1); // `--external-users` alone means on
    }
    if (row.secrecy != secrecy::plain)
      app.add_option("--" + name + "-file", flags[name + "-file"]);
  }
  try {
    app.parse(std::vector<std::string>{arguments.rbegin(), arguments.rend()});
  } catch (const CLI::Error& e) {
    throw refused{e.what()};
  }
  if (auto unknown = app.remaining(); !unknown.empty())
    throw refused{about_unknown(unknown)};
  if (help)
    return {std::nullopt, 0, options_as_help()};
  if (version)
    return {std::nullopt, 0, "trouped " TROUPE_VERSION "\n"};
  if (print)
    return {std::nullopt, 0, options_as_markdown()};

  config c = defaults();
  c.arguments = arguments;
  if (app.count("--config") == 0)
    if (auto found = variables.find("TROUPE_CONFIG"); found != variables.end())
      file = found->second;
  layer values = layer_of_environment(variables, c.warnings);
  check_alone(values);
  if (!file.empty()) {
    auto below = layer_of_file(file);
    check_alone(below);
    values.merge(below); // keeps what is there
  }
  layer raw;
  for (const auto& [name, value] : flags) {
    if (app.count("--" + name) == 0)
      continue;
    if (value.empty() && app.get_option("--" + name)->get_expected_min() != 0)
      throw refused{"--" + name + ": is empty"};
    raw[name] = {value.empty() ? "on" : value, "--" + name};
  }
  layer top = layer_of_values(raw);
  top.merge(values);
  set_all(c, top);
  check_together(c);
  if (check)
    return {std::nullopt, 0, "the settings are fine\n"};
  return {c, 0, {}};
} catch (const refused& e) {
  std::string line = "trouped: " + e.line;
  std::ranges::replace(line, '\n', ' ');
  return {std::nullopt, 2, line + "\n"};
}

} // namespace tools
