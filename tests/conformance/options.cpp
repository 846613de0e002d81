#include "tests/conformance/options.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <map>

namespace conformance {
namespace {

const std::map<std::string, mode> modes{
  {"engine", mode::engine}, {"protocol", mode::protocol}, {"app", mode::app}, {"echo", mode::echo}};

options defaults_of(mode m) {
  options made;
  made.mode = m;
  if (m == mode::app) {
    made.ping_interval = made.ping_timeout = milliseconds{1'000};
    made.connect_timeout = milliseconds{1'500};
  } else if (m == mode::echo) {
    made.max_payload = 1u << 20;
  }
  return made;
}

/// HOST:PORT or [IPV6]:PORT.
bool read_address(const std::string& text, options& into) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon + 1 == text.size())
    return false;
  into.address = text.substr(0, colon);
  if (into.address.starts_with('[') && into.address.ends_with(']'))
    into.address = into.address.substr(1, into.address.size() - 2);
  else if (into.address == "localhost")
    into.address = "127.0.0.1";
  int port = 0;
  if (!CLI::detail::lexical_cast(text.substr(colon + 1), port) || port < 0 || port > 65'535)
    return false;
  into.port = static_cast<std::uint16_t>(port);
  return true;
}

} // namespace

std::optional<options> read_options(int argc, const char* const* argv, int& exit_code) {
  CLI::App app{"The server that protocol conformance suites run against", "troupe-conformance"};
  std::string listen;
  auto chosen = mode::protocol;
  std::int64_t ping_interval = 0, ping_timeout = 0, connect_timeout = 0, recovery_window = 0;
  std::size_t max_payload = 0;
  std::string token;
  bool no_deflate = false;
  app.add_option("--listen", listen, "HOST:PORT; port 0 takes a free one")->required();
  app.add_option("--mode", chosen, "engine, protocol, app or echo")
    ->required()
    ->transform(CLI::CheckedTransformer(modes));
  const auto number = [&app](const char* flag, std::int64_t& into, const char* what) {
    app.add_option(flag, into, what)->check(CLI::Range(1, 86'400'000));
  };
  number("--ping-interval", ping_interval, "milliseconds");
  number("--ping-timeout", ping_timeout, "milliseconds");
  number("--connect-timeout", connect_timeout, "milliseconds until a namespace must be joined");
  number("--recovery-window", recovery_window, "milliseconds that a lost client is kept (app)");
  app.add_option("--max-payload", max_payload, "bytes of a message or a polling body")
    ->check(CLI::Range(1, 64 << 20));
  app.add_option("--token", token, "auth.token that clients need (app)");
  app.add_flag("--no-deflate", no_deflate, "agree to no compression (app, echo)");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& why) {
    exit_code = app.exit(why) == 0 ? 0 : 2;
    return std::nullopt;
  }
  auto made = defaults_of(chosen);
  if (!read_address(listen, made)) {
    std::cerr << "--listen: HOST:PORT is expected\n";
    exit_code = 2;
    return std::nullopt;
  }
  const auto set = [](milliseconds& into, std::int64_t given) {
    if (given > 0)
      into = milliseconds{given};
  };
  set(made.ping_interval, ping_interval);
  set(made.ping_timeout, ping_timeout);
  set(made.connect_timeout, connect_timeout);
  set(made.recovery_window, recovery_window);
  if (max_payload > 0)
    made.max_payload = max_payload;
  if (!token.empty())
    made.token = token;
  made.deflate = !no_deflate;
  return made;
}

} // namespace conformance
