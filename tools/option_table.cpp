#include "tools/option_table.hpp"

#include "tools/option_values.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>

namespace tools {

namespace {

using complaint = std::optional<std::string>;

complaint fine() {
  return std::nullopt;
}

template <auto Part, auto Field>
complaint text(config& c, const std::string& value) {
  c.*Part.*Field = value;
  return fine();
}

template <auto Field>
complaint text(config& c, const std::string& value) {
  c.*Field = value;
  return fine();
}

template <auto Part, auto Field>
complaint on_off(config& c, const std::string& value) {
  auto parsed = parse_switch(value);
  if (!parsed)
    return "must be on or off";
  c.*Part.*Field = *parsed;
  return fine();
}

std::string between(auto least, auto most, std::string_view unit = "") {
  return "must be " + std::to_string(least) + " to " + std::to_string(most) + std::string{unit};
}

template <auto Part, auto Field, std::size_t Least, std::size_t Most>
complaint count(config& c, const std::string& value) {
  auto parsed = parse_count(value);
  if (!parsed || *parsed < Least || *parsed > Most)
    return between(Least, Most);
  c.*Part.*Field = static_cast<std::size_t>(*parsed);
  return fine();
}

/// Bounds in milliseconds; whole seconds where the setting counts in them.
template <auto Part, auto Field, std::int64_t Least, std::int64_t Most>
complaint duration(config& c, const std::string& value) {
  using field = std::remove_reference_t<decltype(c.*Part.*Field)>;
  auto parsed = parse_duration(value);
  if (!parsed || parsed->count() < Least || parsed->count() > Most)
    return between(Least, Most, " ms (write 500ms, 25s, 10m, 12h or 30d)");
  c.*Part.*Field = std::chrono::duration_cast<field>(*parsed);
  return fine();
}

template <auto Rate>
complaint rate(config& c, const std::string& value) {
  auto parsed = domain::parse_rate(value);
  if (!parsed)
    return "must be N/SECONDS (60/60) or off";
  c.actors.rates.*Rate = *parsed;
  return fine();
}

/// Switched off, it is off for all: an operator who wants no REST limit means those without a token
/// too. The anonymous rate has a row of its own behind this one, which can switch that back on.
complaint rate_rest(config& c, const std::string& value) {
  auto wrong = rate<&domain::rates::rest>(c, value);
  if (!wrong && c.actors.rates.rest.is_off())
    c.actors.rates.rest_anonymous = domain::rate{};
  return wrong;
}

complaint listen(config& c, const std::string& value) {
  auto parsed = parse_listen(value);
  if (!parsed)
    return "must be ADDRESS:PORT, the address numeric (0.0.0.0:8080, [::1]:8080), the port 0 to "
           "65535";
  c.net.address = parsed->address;
  c.net.port = parsed->port;
  return fine();
}

complaint node_name(config& c, const std::string& value) {
  bool is_plain = std::ranges::all_of(value, [](char x) {
    return (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z') || (x >= '0' && x <= '9') || x == '.'
           || x == '_' || x == '-';
  });
  if (value.empty() || value.size() > 64 || !is_plain)
    return "must be 1 to 64 letters, digits, dots, dashes or underscores";
  c.net.node_name = value;
  return fine();
}

complaint data_dir(config& c, const std::string& value) {
  std::error_code ignored;
  if (std::filesystem::exists(value, ignored) && !std::filesystem::is_directory(value, ignored))
    return "must be a folder";
  c.data_dir = value;
  return fine();
}

complaint web_dir(config& c, const std::string& value) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(value, ignored))
    return "must be a folder that exists";
  c.net.web_dir = value;
  return fine();
}

complaint database(config& c, const std::string& value) {
  if (value.starts_with("postgres"))
    return "PostgreSQL is not there in this version; use sqlite:PATH";
  if (!value.starts_with("sqlite:") || value.size() == 7)
    return "must be sqlite:PATH";
  c.database = value;
  return fine();
}

complaint redis(config&, const std::string&) {
  return "clusters are not there in this version; leave it empty for a single node";
}

template <std::string config::*Field>
complaint file_name(config& c, const std::string& value) {
  c.*Field = value;
  return fine();
}

complaint admin_email(config& c, const std::string& value) {
  auto at = value.find('@');
  if (at == 0 || at == std::string::npos || at + 1 == value.size())
    return "must be an email address";
  c.admin_email = value;
  return fine();
}

complaint jwt_secret(config& c, const std::string& value) {
  if (value.size() < 32)
    return "must have at least 32 characters";
  c.actors.jwt_secret = value;
  return fine();
}

complaint jwt_algorithm(config& c, const std::string& value) {
  if (value != "HS256" && value != "RS256" && value != "ES256")
    return "must be HS256, RS256 or ES256";
  c.actors.jwt_algorithm = value;
  return fine();
}

complaint jwt_public_key(config& c, const std::string& value) {
  auto content = read_small_file(value);
  if (!content)
    return "cannot be read";
  if (content->find("-----BEGIN") == std::string::npos)
    return "must be a PEM file";
  c.actors.jwt_public_key = *content;
  return fine();
}

complaint topics(config& c, const std::string& value) {
  auto parsed = parse_topic_rights(value);
  if (!parsed)
    return "must be PREFIX:=SUBSCRIBE/PUBLISH, separated by commas, with user, moderator, admin or "
           "nobody on both sides of the slash; room:, user: and all: are the server's own";
  c.actors.topics = *std::move(parsed);
  return fine();
}

complaint cors_origins(config& c, const std::string& value) {
  auto origins = parse_list(value);
  for (const auto& origin : origins) {
    auto host = origin.starts_with("https://")  ? origin.substr(8)
                : origin.starts_with("http://") ? origin.substr(7)
                                                : std::string{};
    bool is_any = origin == "*" && origins.size() == 1;
    if (!is_any && (host.empty() || host.find_first_of("/ *") != std::string::npos))
      return "must be origins such as https://app.example.org, separated by commas, or * alone";
  }
  c.net.cors_origins = origins;
  return fine();
}

complaint log_level(config& c, const std::string& value) {
  if (value == "debug")
    c.log_level = domain::log_level::debug;
  else if (value == "info")
    c.log_level = domain::log_level::info;
  else if (value == "warn")
    c.log_level = domain::log_level::warn;
  else if (value == "error")
    c.log_level = domain::log_level::error;
  else
    return "must be debug, info, warn or error";
  return fine();
}

complaint log_output(config& c, const std::string& value) {
  if (value != "text" && value != "json")
    return "must be text or json";
  c.log_format = value == "json" ? log_format::json : log_format::text;
  return fine();
}

complaint drain_time(config& c, const std::string& value) {
  auto parsed = parse_duration(value);
  if (!parsed || parsed->count() < 100 || parsed->count() > 600'000)
    return between(100, 600'000, " ms (write 500ms, 25s or 10m)");
  c.drain_time = *parsed;
  return fine();
}

constexpr auto part_a = &config::actors;
constexpr auto part_n = &config::net;
using act = actors::settings;
using front = net::settings;
constexpr std::int64_t day = 86'400'000;
constexpr std::size_t many = 1'000'000;

} // namespace

const std::vector<option_row>& option_table() {
  static const std::vector<option_row> table{
    {"listen", "TROUPE_LISTEN", "0.0.0.0:8080", "ADDRESS:PORT; port 0: any free one",
     "Where to serve HTTP, WebSocket and Socket.IO.", listen},
    {"data-dir", "TROUPE_DATA_DIR", "data", "folder; made when missing",
     "Where the database and a generated token secret are kept.", data_dir},
    {"database", "TROUPE_DATABASE", "sqlite:DATA_DIR/troupe.db", "sqlite:PATH",
     "Where users, rooms and messages are stored.", database, secrecy::may_hold_secret},
    {"redis", "TROUPE_REDIS", "", "empty",
     "For clusters, which come with a later version: must stay empty.", redis,
     secrecy::may_hold_secret},
    {"shards", "TROUPE_SHARDS", "number of cores", "1 to 256",
     "Threads that run actors and sockets.", count<part_n, &front::shards, 1, 256>},
    {"node-name", "TROUPE_NODE_NAME", "host name", "1 to 64 of A-Z a-z 0-9 . _ -",
     "How this node is called in logs, metrics and by troupectl.", node_name},
    {"admin-email", "TROUPE_ADMIN_EMAIL", "", "email address",
     "An administrator with this email is made at start if there is none.", admin_email},
    {"admin-password", "TROUPE_ADMIN_PASSWORD", "", "8 or more characters with upper, lower, digit",
     "The password of that administrator.", text<&config::admin_password>, secrecy::secret},
    {"jwt-secret", "TROUPE_JWT_SECRET", "made once, in DATA_DIR/jwt_secret",
     "32 or more characters", "Signs access tokens (HS256).", jwt_secret, secrecy::secret},
    {"jwt-algorithm", "TROUPE_JWT_ALGORITHM", "HS256", "HS256, RS256, ES256",
     "The one algorithm that access tokens are accepted with.", jwt_algorithm},
    {"jwt-public-key-file", "TROUPE_JWT_PUBLIC_KEY_FILE", "", "PEM file",
     "The key that checks RS256 or ES256 tokens, which are made elsewhere.", jwt_public_key},
    {"external-users", "TROUPE_EXTERNAL_USERS", "off", "on, off",
     "A valid token with an unknown `sub` makes that user on first use.",
     on_off<part_a, &act::external_users>},
    {"external-roles", "TROUPE_EXTERNAL_ROLES", "off", "on, off",
     "The `role` claim of such a token counts.", on_off<part_a, &act::external_roles>},
    {"access-token-life", "TROUPE_ACCESS_TOKEN_LIFE", "15m", "10s to 1d",
     "How long an access token is valid.", duration<part_a, &act::access_token_life, 10'000, day>},
    {"refresh-token-life", "TROUPE_REFRESH_TOKEN_LIFE", "30d", "1m to 365d",
     "How long a refresh token is valid.",
     duration<part_a, &act::refresh_token_life, 60'000, 365 * day>},
    {"tls-cert", "TROUPE_TLS_CERT", "", "PEM file",
     "The certificate with its chain: HTTPS and WSS instead of HTTP and WS; read again on SIGHUP.",
     file_name<&config::tls_cert>},
    {"tls-key", "TROUPE_TLS_KEY", "", "PEM file", "The key of that certificate.",
     file_name<&config::tls_key>},
    {"cors-origins", "TROUPE_CORS_ORIGINS", "", "origins separated by commas, or *",
     "Pages of other origins that may call this node; its own always may.", cors_origins},
    {"topics", "TROUPE_TOPICS", "public:=user/user", "PREFIX:=SUBSCRIBE/PUBLISH, …",
     "Who may subscribe and publish to the topics that begin with a prefix: user, moderator, admin "
     "(or higher) or nobody. The longest prefix counts.",
     topics},
    {"rate-messages", "TROUPE_RATE_MESSAGES", "60/60", "N/SECONDS, off",
     "Messages a user may send.", rate<&domain::rates::messages>},
    {"rate-joins", "TROUPE_RATE_JOINS", "30/60", "N/SECONDS, off", "Rooms a user may join.",
     rate<&domain::rates::joins>},
    {"rate-connects", "TROUPE_RATE_CONNECTS", "off", "N/SECONDS, off",
     "Real-time connections an address may open.", rate<&domain::rates::connects>},
    {"rate-logins", "TROUPE_RATE_LOGINS", "10/3600", "N/SECONDS, off",
     "Failed logins per address and account.", rate<&domain::rates::logins>},
    {"rate-registrations", "TROUPE_RATE_REGISTRATIONS", "off", "N/SECONDS, off",
     "Registrations per address.", rate<&domain::rates::registrations>},
    {"rate-rest", "TROUPE_RATE_REST", "600/60", "N/SECONDS, off",
     "REST requests of a user; off: also of those without a token, unless that is set.", rate_rest},
    {"rate-rest-anonymous", "TROUPE_RATE_REST_ANONYMOUS", "100/900", "N/SECONDS, off",
     "REST requests without a token, per address.", rate<&domain::rates::rest_anonymous>},
    {"ping-interval", "TROUPE_PING_INTERVAL", "25s", "100ms to 5m",
     "Between two heartbeats of a connection.",
     duration<part_n, &front::ping_interval, 100, 300'000>},
    {"ping-timeout", "TROUPE_PING_TIMEOUT", "20s", "100ms to 5m",
     "How long to wait for the answer to a heartbeat.",
     duration<part_n, &front::ping_timeout, 100, 300'000>},
    {"connect-timeout", "TROUPE_CONNECT_TIMEOUT", "45s", "100ms to 5m",
     "How long a Socket.IO connection may stay without a namespace.",
     duration<part_n, &front::connect_timeout, 100, 300'000>},
    {"upgrade-timeout", "TROUPE_UPGRADE_TIMEOUT", "10s", "100ms to 5m",
     "How long an upgrade from polling to WebSocket may take.",
     duration<part_n, &front::upgrade_timeout, 100, 300'000>},
    {"authenticate-timeout", "TROUPE_AUTHENTICATE_TIMEOUT", "5s", "100ms to 5m",
     "How long a plain WebSocket may stay without a token.",
     duration<part_n, &front::plain_authenticate_timeout, 100, 300'000>},
    {"max-payload", "TROUPE_MAX_PAYLOAD", "1000000", "1024 to 16777216",
     "Bytes of one frame or polling body from a client.",
     count<part_n, &front::max_payload, 1'024, 16'777'216>},
    {"queue-bytes", "TROUPE_QUEUE_BYTES", "1048576", "65536 to 268435456",
     "Bytes that may wait for one connection; a slower one is closed.",
     count<part_n, &front::queue_bytes_max, 65'536, 268'435'456>},
    {"compression", "TROUPE_COMPRESSION", "on", "on, off",
     "WebSocket messages and polling answers of 1 KiB or more are compressed for clients that ask "
     "for it (permessage-deflate, gzip).",
     on_off<part_n, &front::compression>},
    {"io-uring", "TROUPE_IO_URING", "on", "on, off",
     "Sends to many connections go in one system call, where the kernel allows io_uring.",
     on_off<part_n, &front::io_uring>},
    {"connections-per-address", "TROUPE_CONNECTIONS_PER_ADDRESS", "0", "0 to 1000000; 0: no bound",
     "Real-time connections of one address.",
     count<part_n, &front::connections_per_address_max, 0, many>},
    {"handshakes-per-address", "TROUPE_HANDSHAKES_PER_ADDRESS", "2000", "0 to 1000000; 0: no bound",
     "Engine.IO sessions of one address that have not signed in yet; above, 429.",
     count<part_n, &front::handshakes_per_address_max, 0, many>},
    {"room-idle", "TROUPE_ROOM_IDLE", "10m", "100ms to 1d",
     "After how long without use a room leaves memory.",
     duration<part_a, &act::room_idle, 100, day>},
    {"resume-window", "TROUPE_RESUME_WINDOW", "2m", "0s to 1h",
     "How long a session outlives a lost connection.",
     duration<part_a, &act::resume_window, 0, 3'600'000>},
    {"drain-time", "TROUPE_DRAIN_TIME", "10s", "100ms to 10m",
     "How long a stop may take before the process ends anyway, with code 1.", drain_time},
    {"web-dir", "TROUPE_WEB_DIR", "`web` of the source tree or beside the program", "folder",
     "The pages of the chat client.", web_dir},
    {"log-level", "TROUPE_LOG_LEVEL", "info", "debug, info, warn, error",
     "The least important lines that are logged; read again on SIGHUP.", log_level},
    {"log-format", "TROUPE_LOG_FORMAT", "text", "text, json", "How lines are logged, on stderr.",
     log_output},
  };
  return table;
}

} // namespace tools
