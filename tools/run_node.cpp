#include "tools/run_node.hpp"

#include "actors/authenticator.hpp"
#include "actors/error.hpp"
#include "actors/node.hpp"
#include "net/server.hpp"
#include "net/tls.hpp"
#include "persistence/storage.hpp"
#include "tools/data_dir.hpp"
#include "tools/logging.hpp"
#include "tools/stop_watch.hpp"
#include "tools/system_world.hpp"

#include <caf/all.hpp>
#include <sodium.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <netdb.h>
#include <optional>
#include <sys/resource.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace tools {

namespace {

/// A reason not to start, said on stderr like the others of the command line.
struct cannot_start {
  int exit_code;
  std::string line;
};

/// Each connection is a descriptor: take all that the machine allows. How many that is.
std::uint64_t raise_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return 0;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
    getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

std::unique_ptr<persistence::storage> opened_storage(const config& settings) {
  auto storage = persistence::open_storage(settings.database_url());
  if (!storage)
    throw cannot_start{
      storage.error().code == domain::errc::bad_request ? 2 : 1, storage.error().message};
  return std::move(*storage);
}

/// Shards share their port (SO_REUSEPORT), and so would two nodes of one user by mistake, each
/// getting some of the connections. Without that option a bind fails while anybody listens.
void check_address_is_free(const net::settings& wanted) {
  if (wanted.port == 0)
    return;
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(wanted.address.c_str(), std::to_string(wanted.port).c_str(), &hints, &found) != 0)
    throw cannot_start{2, "cannot understand the address " + wanted.address};
  int probe = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int yes = 1;
  setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes); // past connections do not count
  int failed = bind(probe, found->ai_addr, found->ai_addrlen) == 0 ? 0 : errno;
  freeaddrinfo(found);
  close(probe);
  if (failed != 0)
    throw cannot_start{
      1, "cannot listen on " + wanted.address + ":" + std::to_string(wanted.port) + ": "
           + std::generic_category().message(failed)};
}

void make_admin(caf::actor_system& system, actors::node& node, const config& settings) {
  if (settings.admin_email.empty())
    return;
  caf::scoped_actor self{system};
  std::optional<std::string> failure;
  self
    ->request(
      node.authenticator(), std::chrono::seconds{10},
      actors::ensure_admin{settings.admin_email, settings.admin_password})
    .receive(
      [](const actors::signed_in&) {},
      [&failure](const caf::error& e) { failure = actors::from_caf(e).message; });
  if (failure)
    throw cannot_start{1, "the administrator could not be made: " + *failure};
}

std::shared_ptr<net::tls> opened_tls(const config& settings, logger& log) {
  if (settings.tls_cert.empty())
    return nullptr;
  auto made = net::tls::load(settings.tls_cert, settings.tls_key);
  if (!made)
    throw cannot_start{2, made.error().message};
  log.info("tls-ready", {{"certificateEnds", (*made)->expires_at()}});
  return *made;
}

std::string base_url(const config& settings, std::uint16_t port) {
  std::string host = settings.net.address;
  if (host == "0.0.0.0" || host == "::" || host == "127.0.0.1")
    host = "localhost";
  else if (host.find(':') != std::string::npos)
    host = "[" + host + "]";
  return (settings.tls_cert.empty() ? "http://" : "https://") + host + ":" + std::to_string(port)
         + "/";
}

void say_ready(const config& settings, std::uint16_t port) {
  std::printf("Troupe is ready: %s\n", base_url(settings, port).c_str());
  std::printf(
    "Open it in a browser and sign up with any email address and a password of your own.\n");
  if (!settings.admin_email.empty())
    std::printf("Administrator: %s (with the password you gave)\n", settings.admin_email.c_str());
  std::fflush(stdout);
}

/// SIGHUP: reads the settings again and takes over what may change while running.
void reload(const config& settings, net::tls* secured, logger& log) {
  auto again = read_command_line(settings.arguments, process_environment());
  if (!again.settings) {
    std::string_view why{again.text};
    why.remove_suffix(1); // its line end
    log.error("reload-refused", {{"why", why}});
    return;
  }
  log.set_level(again.settings->log_level);
  if (secured != nullptr) {
    if (const auto done = secured->reload(); !done) {
      log.error("reload-refused", {{"why", std::string_view{done.error().message}}});
      return;
    }
    log.info("tls-ready", {{"certificateEnds", secured->expires_at()}});
  }
  log.info("reloaded");
}

int serve(const config& settings, logger& log) {
  check_address_is_free(settings.net);
  system_clock clock;
  system_ids ids{clock};
  system_random random;
  if (auto made = make_data_dir(settings.data_dir); !made)
    throw cannot_start{1, made.error().message};
  actors::settings actor_settings = settings.actors;
  actor_settings.catch_up_bytes = domain::limits::catch_up_bytes(settings.net.queue_bytes_max);
  if (actor_settings.jwt_secret.empty() && actor_settings.jwt_algorithm == "HS256") {
    auto secret = kept_secret(settings.data_dir, random);
    if (!secret)
      throw cannot_start{1, secret.error().message};
    actor_settings.jwt_secret = *secret;
  }
  const auto secured = opened_tls(settings, log);
  auto storage = opened_storage(settings);
  log.info("storage-opened", {{"durability", storage->durability()}});

  std::optional<stop_watch> watch; // outlives the system: ending that is part of stopping
  std::atomic<bool> has_failed{false};
  caf::actor_system_config caf_settings;
  net::load_shards(caf_settings, settings.net.shards);
  caf::actor_system system{caf_settings};
  net::server server{system, settings.net, secured};
  actors::node node{
    system, {&clock, &ids, &random, &log, &server.outbox(), storage.get()}, actor_settings};
  node.on_failure([&] {
    has_failed = true;
    kill(getpid(), SIGTERM); // wakes main
  });
  node.start();
  try {
    make_admin(system, node, settings);
    try {
      server.start(node);
    } catch (const std::system_error& e) {
      throw cannot_start{
        1, "cannot listen on " + settings.net.address + ":" + std::to_string(settings.net.port)
             + ": " + e.code().message()};
    }
    log.info(
      "node-ready", {{"address", settings.net.address},
                     {"port", std::uint64_t{server.port()}},
                     {"shards", std::uint64_t{settings.net.shards}}});
    say_ready(settings, server.port());
    while (next_signal() == wanted::reload)
      reload(settings, secured.get(), log);
  } catch (...) {
    // what runs has to be stopped in order before anything of it is destroyed
    watch.emplace(settings.drain_time, log);
    node.stop();
    server.stop();
    throw;
  }
  watch.emplace(settings.drain_time, log);
  log.info("node-draining", {{"failed", has_failed.load()}});
  server.drain();
  node.stop();
  server.stop();
  const bool is_fine = !has_failed && !node.has_failed();
  log.info("node-stopped", {{"failed", !is_fine}});
  return is_fine ? 0 : 1;
}

} // namespace

int run_node(const config& settings) {
  block_signals();
  auto descriptors = raise_descriptors();
  if (sodium_init() < 0) {
    std::fputs("trouped: no source of random numbers\n", stderr);
    return 1;
  }
  logger log{settings.log_format, settings.log_level, settings.net.node_name};
  for (const auto& warning : settings.warnings)
    log.warn("setting-ignored", {{"why", warning}});
  log.info("node-starting", {{"version", TROUPE_VERSION}, {"descriptors", descriptors}});
  try {
    return serve(settings, log);
  } catch (const cannot_start& e) {
    std::fprintf(stderr, "trouped: %s\n", e.line.c_str());
    return e.exit_code;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "trouped: %s\n", e.what());
    return 1;
  }
}

int start_node(int argc, const char* const* argv, const std::function<void(config&)>& adjust) {
  auto asked = read_command_line({argv + 1, argv + argc}, process_environment());
  if (!asked.settings) {
    std::fputs(asked.text.c_str(), asked.exit_code == 0 ? stdout : stderr);
    return asked.exit_code;
  }
  if (adjust)
    adjust(*asked.settings);
  return run_node(*asked.settings);
}

} // namespace tools
