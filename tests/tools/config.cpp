#include "tools/config.hpp"

#include "tests/tools/temporary_folder.hpp"
#include "tools/option_table.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace std::chrono_literals;

namespace {

tools::command_line read(std::vector<std::string> arguments, tools::environment variables = {}) {
  return tools::read_command_line(arguments, variables);
}

tools::config settings_of(std::vector<std::string> arguments, tools::environment variables = {}) {
  auto got = read(std::move(arguments), std::move(variables));
  INFO(got.text);
  REQUIRE(got.settings);
  return *got.settings;
}

/// The one line that a wrong setting is answered with.
std::string refusal(std::vector<std::string> arguments, tools::environment variables = {}) {
  auto got = read(std::move(arguments), std::move(variables));
  CHECK_FALSE(got.settings);
  CHECK(got.exit_code == 2);
  CHECK(std::ranges::count(got.text, '\n') == 1);
  CHECK(got.text.starts_with("trouped: "));
  return got.text;
}

const std::string long_secret(32, 's');

} // namespace

TEST_CASE("a node without settings takes the contract's defaults", "[tools][config]") {
  auto c = settings_of({});
  CHECK(c.net.address == "0.0.0.0");
  CHECK(c.net.port == 8080);
  CHECK(c.database_url() == "sqlite:data/troupe.db");
  CHECK(c.net.shards >= 1);
  CHECK(c.actors.jwt_secret.empty());
  CHECK(c.actors.rates.messages.count == 60);
  CHECK(c.actors.rates.connects.is_off());
  CHECK(c.drain_time == 10s);
  CHECK(c.warnings.empty());
}

TEST_CASE("rights of free topics are read as they are written", "[tools][config]") {
  const auto rules =
    settings_of({"--topics", "public:=user/user, desk:=moderator/admin,log:=admin/nobody"})
      .actors.topics.rules();
  REQUIRE(rules.size() == 3);
  CHECK(rules[0] == domain::topic_rule{"public:", domain::role::user, domain::role::user});
  CHECK(rules[1] == domain::topic_rule{"desk:", domain::role::moderator, domain::role::admin});
  CHECK(rules[2] == domain::topic_rule{"log:", domain::role::admin, std::nullopt});
  CHECK_FALSE(settings_of({"--topics", "public:=nobody/nobody"})
                .actors.topics.may_subscribe("public:x", domain::role::admin));
  for (const char* wrong :
       {"public:", "public:=user", "public=user/user", "public:=user/king", "room:=user/user",
        "a:=user/user,a:=user/user", "a:=/", "=user/user"})
    CHECK(refusal({"--topics", wrong}).find("topics") != std::string::npos);
}

TEST_CASE("a flag counts before its variable, that before the file", "[tools][config]") {
  tests::temporary_folder folder;
  auto file =
    folder.with("troupe.toml", "listen = \"1.1.1.1:1\"\nroom-idle = \"7s\"\nshards = 3\n");
  tools::environment variables{{"TROUPE_LISTEN", "2.2.2.2:2"}, {"TROUPE_SHARDS", "5"}};
  auto c = settings_of({"--config", file, "--listen", "3.3.3.3:3"}, variables);
  CHECK(c.net.port == 3);
  CHECK(c.net.shards == 5);
  CHECK(c.actors.room_idle == 7s);
  CHECK(settings_of({"--config", file}, variables).net.port == 2);
  CHECK(settings_of({"--config", file}).net.port == 1);
  CHECK(settings_of({}, {{"TROUPE_CONFIG", file}}).net.port == 1);
}

TEST_CASE("what is wrong is said in one line that names it", "[tools][config]") {
  tests::temporary_folder folder;
  auto key_file = folder.with("bad.toml", "colour = \"red\"\n");
  auto section_file = folder.with("section.toml", "[net]\nlisten = \":1\"\n");
  auto twice_file = folder.with("twice.toml", "shards = 1\nshards = 2\n");
  auto bad_value = folder.with("value.toml", "shards = = 1\n");
  auto short_secret = folder.with("short", "tooshort\n");
  struct row {
    std::vector<std::string> arguments;
    tools::environment variables;
    std::string named;
  };
  const std::vector<row> rows{
    {{"--colour"}, {}, "--colour"},
    {{"word"}, {}, "word"},
    {{"--listen"}, {}, "listen"},
    {{"--listen="}, {}, "--listen"},
    {{"--listen", "somewhere"}, {}, "--listen"},
    {{"--listen", "host.example:80"}, {}, "--listen"},
    {{"--listen", "0.0.0.0:65536"}, {}, "--listen"},
    {{"--shards", "0"}, {}, "1 to 256"},
    {{"--shards", "257"}, {}, "1 to 256"},
    {{"--shards", "-1"}, {}, "shards"},
    {{"--shards", "2", "--shards", "3"}, {}, "shards"},
    {{"--ping-interval", "25000"}, {}, "--ping-interval"},
    {{"--ping-interval", "1w"}, {}, "--ping-interval"},
    {{"--max-payload", "1"}, {}, "--max-payload"},
    {{"--log-level", "loud"}, {}, "--log-level"},
    {{"--log-format", "xml"}, {}, "--log-format"},
    {{"--node-name", "two words"}, {}, "--node-name"},
    {{"--web-dir", folder / "none"}, {}, "--web-dir"},
    {{"--data-dir", short_secret}, {}, "--data-dir"},
    {{"--external-users=perhaps"}, {}, "--external-users"},
    {{"--jwt-secret", long_secret}, {}, "--jwt-secret"}, // secrets are not for command lines
    {{"--jwt-secret-file", folder / "none"}, {}, "--jwt-secret-file"},
    {{"--jwt-secret-file", short_secret}, {}, "32 characters"},
    {{"--config", folder / "none"}, {}, "none"},
    {{"--config", key_file}, {}, "colour"},
    {{"--config", section_file}, {}, "net"},
    {{"--config", twice_file}, {}, "shards"},
    {{"--config", bad_value, "--shards", "2"}, {{"TROUPE_SHARDS", "2"}}, "shards"},
    {{"--shards", "2"}, {{"TROUPE_SHARDS", "0"}}, "TROUPE_SHARDS"},
    {{}, {{"TROUPE_JWT_SECRET", "short"}}, "TROUPE_JWT_SECRET"},
    {{}, {{"TROUPE_JWT_SECRET", std::string(40, 'x') + "\n"}}, "one line"},
    {{}, {{"TROUPE_JWT_SECRET", long_secret}, {"TROUPE_JWT_SECRET_FILE", short_secret}}, "both"},
    {{}, {{"TROUPE_JWT_ALGORITHM", "none"}}, "HS256"},
    {{}, {{"TROUPE_JWT_ALGORITHM", "RS256"}}, "TROUPE_JWT_PUBLIC_KEY_FILE"},
    {{}, {{"TROUPE_JWT_PUBLIC_KEY_FILE", short_secret}}, "PEM"},
    {{}, {{"TROUPE_EXTERNAL_ROLES", "on"}}, "TROUPE_EXTERNAL_USERS"},
    {{}, {{"TROUPE_DATABASE", "postgresql://u:sekret@db/x"}}, "TROUPE_DATABASE"},
    {{}, {{"TROUPE_DATABASE", "mysql:x"}}, "sqlite:PATH"},
    {{}, {{"TROUPE_REDIS", "redis://127.0.0.1:6379/0"}}, "TROUPE_REDIS"},
    {{}, {{"TROUPE_TLS_CERT", "/c.pem"}}, "TROUPE_TLS_CERT"},
    {{}, {{"TROUPE_TLS_KEY", "/k.pem"}}, "TROUPE_TLS_KEY"},
    {{}, {{"TROUPE_CORS_ORIGINS", "example.org"}}, "TROUPE_CORS_ORIGINS"},
    {{}, {{"TROUPE_CORS_ORIGINS", "*,https://a.example"}}, "TROUPE_CORS_ORIGINS"},
    {{}, {{"TROUPE_CORS_ORIGINS", "https://a.example/path"}}, "TROUPE_CORS_ORIGINS"},
    {{}, {{"TROUPE_RATE_MESSAGES", "60"}}, "TROUPE_RATE_MESSAGES"},
    {{}, {{"TROUPE_RATE_REST", "0/60"}}, "TROUPE_RATE_REST"},
    {{}, {{"TROUPE_ADMIN_EMAIL", "a@b.example"}}, "password"},
    {{}, {{"TROUPE_ADMIN_EMAIL", "a@b.example"}, {"TROUPE_ADMIN_PASSWORD", "weak"}}, "password"},
    {{}, {{"TROUPE_ADMIN_PASSWORD", "Secret123"}}, "email"},
  };
  for (const auto& r : rows) {
    auto line = refusal(r.arguments, r.variables);
    INFO(line);
    CHECK(line.find(r.named) != std::string::npos);
    CHECK(line.find("sekret") == std::string::npos);
    CHECK(line.find(long_secret) == std::string::npos);
  }
}

TEST_CASE("every option is refused by name when its value is out of bounds", "[tools][config]") {
  // one value that no option takes
  const std::string nonsense = "\x01";
  for (const auto& row : tools::option_table()) {
    std::string variable{row.variable};
    if (row.name == "admin-password" || row.name == "data-dir")
      continue; // any text may be a password or a folder
    auto line = refusal({}, {{variable, nonsense}});
    CHECK(line.find(variable) != std::string::npos);
    CHECK(line.find(nonsense) == std::string::npos);
  }
}

TEST_CASE("secrets come from variables and from files", "[tools][config]") {
  tests::temporary_folder folder;
  auto file = folder.with("secret", long_secret + "\n");
  CHECK(settings_of({}, {{"TROUPE_JWT_SECRET", long_secret}}).actors.jwt_secret == long_secret);
  CHECK(settings_of({}, {{"TROUPE_JWT_SECRET_FILE", file}}).actors.jwt_secret == long_secret);
  CHECK(settings_of({"--jwt-secret-file", file}).actors.jwt_secret == long_secret);
  auto toml = folder.with("troupe.toml", "jwt_secret_file = \"" + file + "\"\n");
  CHECK(settings_of({"--config", toml}).actors.jwt_secret == long_secret);
  auto password = folder.with("password", "Passw0rd1\n");
  auto c = settings_of({"--admin-email", "root@x.example", "--admin-password-file", password});
  CHECK(c.admin_email == "root@x.example");
  CHECK(c.admin_password == "Passw0rd1");
  auto url = folder.with("database", "sqlite:elsewhere.db\n");
  CHECK(settings_of({}, {{"TROUPE_DATABASE_FILE", url}}).database_url() == "sqlite:elsewhere.db");
}

TEST_CASE("an unknown variable is a warning, an empty one is none at all", "[tools][config]") {
  auto c = settings_of({}, {{"TROUPE_COLOUR", "red"}, {"TROUPE_REDIS", ""}, {"PATH", "/"}});
  REQUIRE(c.warnings.size() == 1);
  CHECK(c.warnings.front().find("TROUPE_COLOUR") != std::string::npos);
  CHECK(c.redis.empty());
}

TEST_CASE("switches, lists, rates and durations are read as they are written", "[tools][config]") {
  auto c = settings_of(
    {"--external-users", "--external-roles=on", "--ping-interval", "500ms", "--room-idle", "3"},
    {{"TROUPE_CORS_ORIGINS", "https://a.example, http://b.example:81"},
     {"TROUPE_RATE_MESSAGES", "off"},
     {"TROUPE_RATE_CONNECTS", "20/10"},
     {"TROUPE_ACCESS_TOKEN_LIFE", "1h"},
     {"TROUPE_LISTEN", "[::1]:0"},
     {"TROUPE_DATA_DIR", "elsewhere"}});
  CHECK(c.actors.external_users);
  CHECK(c.actors.external_roles);
  CHECK(c.net.ping_interval == 500ms);
  CHECK(c.actors.room_idle == 3s);
  CHECK(c.net.cors_origins == std::vector<std::string>{"https://a.example", "http://b.example:81"});
  CHECK(c.actors.rates.messages.is_off());
  CHECK(c.actors.rates.connects.count == 20);
  CHECK(c.actors.access_token_life == 1h);
  CHECK(c.net.address == "::1");
  CHECK(c.net.port == 0);
  CHECK(c.database_url() == "sqlite:elsewhere/troupe.db");
}

TEST_CASE("switching the REST rate off switches it off without a token too", "[tools][config]") {
  auto c = settings_of({}, {{"TROUPE_RATE_REST", "off"}});
  CHECK(c.actors.rates.rest_anonymous.is_off());
  c = settings_of({}, {{"TROUPE_RATE_REST", "off"}, {"TROUPE_RATE_REST_ANONYMOUS", "7/60"}});
  CHECK(c.actors.rates.rest_anonymous.count == 7);
  CHECK(settings_of({}, {{"TROUPE_RATE_REST", "5/60"}}).actors.rates.rest_anonymous.count == 100);
}

TEST_CASE("help names every option with its variable and its default", "[tools][config]") {
  auto help = read({"--help"});
  CHECK(help.exit_code == 0);
  for (const auto& row : tools::option_table()) {
    CHECK(help.text.find("--" + std::string{row.name}) != std::string::npos);
    CHECK(help.text.find(std::string{row.variable}) != std::string::npos);
    CHECK(help.text.find("default: " + std::string{row.initial}) != std::string::npos);
  }
  CHECK(read({"--version"}).text.starts_with("trouped "));
  // asked for help, nothing else is looked at
  CHECK(read({"--help", "--shards", "0"}).exit_code == 0);
}
