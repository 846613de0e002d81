// Loads a Socket.IO or WebSocket server, Troupe or another, and prints what it did as lines of
// JSON.
//   loadgen fanout|rooms|acks|idle --port N --server-pid N [options]     (BENCH_SECRET: of the
//   tokens)
#include "tests/bench/loadgen/scenarios.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace {

std::vector<loadgen::fanout_phase> parse_phases(const std::string& text) {
  std::vector<loadgen::fanout_phase> phases;
  std::istringstream in{text};
  for (std::string part; std::getline(in, part, ',');) {
    auto x = part.find('x');
    phases.push_back(
      {std::stoul(part), static_cast<std::uint32_t>(std::stoul(part.substr(x + 1)))});
  }
  return phases;
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Load generator for Socket.IO servers on this machine"};
  loadgen::common how;
  std::string phases = "64x1,64x32,512x1,512x32";
  loadgen::fanout_shape shape;
  std::uint32_t rooms = 100;
  std::uint32_t members = 20;
  std::uint32_t connections = 50;
  std::uint32_t window = 1;
  std::size_t bytes = 64;
  bool is_durable = false;
  bool hold = false;
  app.add_option("--port", how.where.port, "of the server, on 127.0.0.1")->required();
  app.add_option("--server-pid", how.server, "whose CPU and memory is measured")->required();
  app.add_option("--seconds", how.seconds, "of each measurement");
  app.add_option("--warm-seconds", how.warm_seconds, "before each measurement");
  app.add_option(
    "--plain", how.where.plain_path,
    "path of a plain WebSocket with compression, instead of Socket.IO");
  app.require_subcommand(1);
  auto* fanout = app.add_subcommand("fanout", "one publisher, many subscribers of one topic");
  fanout->add_option("--subscribers", shape.subscribers);
  fanout->add_option("--stalled", shape.stalled, "of them, that read nothing");
  fanout->add_option("--scenario", shape.scenario, "name in the output");
  fanout->add_option("--phases", phases, "BYTESxWINDOW, comma-separated");
  auto* chat = app.add_subcommand("rooms", "rooms whose members send in turn");
  chat->add_option("--rooms", rooms);
  chat->add_option("--members", members, "of each room");
  auto* acks = app.add_subcommand("acks", "acknowledged requests");
  acks->add_option("--connections", connections);
  for (auto* command : {chat, acks}) {
    command->add_option("--window", window, "under way at a time, per room or connection");
    command->add_option("--bytes", bytes, "of data in each message")->check(CLI::Range(64, 4'000));
    command->add_flag("--durable", is_durable, "send-message instead of publish");
  }
  auto* idle = app.add_subcommand("idle", "connections that are signed in and do nothing");
  idle->add_option("--connections", connections);
  idle->add_flag("--hold", hold, "keep them until standard input ends");
  CLI11_PARSE(app, argc, argv);

  const char* secret = std::getenv("BENCH_SECRET");
  how.where.secret = secret != nullptr ? secret : "";
  how.run = std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
  auto kind = is_durable ? loadgen::durability::durable : loadgen::durability::ephemeral;
  try {
    if (fanout->parsed())
      loadgen::fanout(how, shape, parse_phases(phases));
    else if (chat->parsed())
      loadgen::rooms(how, kind, rooms, members, window, bytes);
    else if (acks->parsed())
      loadgen::acks(how, kind, connections, window, bytes);
    else
      loadgen::idle(how, connections, hold);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "loadgen: %s\n", e.what());
    return 1;
  }
  return 0;
}
