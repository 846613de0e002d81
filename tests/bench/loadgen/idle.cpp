#include "tests/bench/loadgen/process.hpp"
#include "tests/bench/loadgen/report.hpp"
#include "tests/bench/loadgen/scenarios.hpp"

#include <poll.h>
#include <unistd.h>

namespace loadgen {

namespace {

class nothing final : public receiver {
public:
  void delivered(client&, std::uint32_t) override {}
  void answered(client&, std::uint32_t, std::string_view) override {}
};

/// Until the resident size has stayed within half a percent for three seconds, at most half a
/// minute.
memory_use settled(swarm& clients, pid_t server) {
  auto before = memory_of(server);
  for (int tries = 0; tries < 10; ++tries) {
    clients.run_for(3);
    auto after = memory_of(server);
    auto change = after.resident_bytes > before.resident_bytes
                    ? after.resident_bytes - before.resident_bytes
                    : before.resident_bytes - after.resident_bytes;
    before = after;
    if (change * 200 < after.resident_bytes)
      break;
  }
  return before;
}

bool input_has_ended() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  char byte = 0;
  return ::poll(&input, 1, 0) > 0 && ::read(STDIN_FILENO, &byte, 1) <= 0;
}

} // namespace

void idle(const common& how, std::uint32_t connections, bool hold) {
  auto before = memory_of(how.server);
  auto cpu_before = cpu_microseconds(how.server);
  nothing scenario;
  swarm clients{how.where, scenario};
  clients.read_clock();
  auto begin = clients.now();
  clients.open(connections);
  clients.read_clock();
  auto opened_after = static_cast<double>(clients.now() - begin) / 1e9;
  auto opening_cpu = cpu_microseconds(how.server) - cpu_before;
  auto after = settled(clients, how.server);
  auto each = [&](std::size_t high, std::size_t low) {
    return (static_cast<double>(high) - static_cast<double>(low)) / connections;
  };
  json_line{}
    .add("scenario", "memory")
    .add("variant", std::to_string(connections))
    .add("bytes_per_connection", each(after.resident_bytes, before.resident_bytes))
    .add("private_bytes_per_connection", each(after.private_bytes, before.private_bytes))
    .add("resident_bytes", static_cast<double>(after.resident_bytes))
    .add("sign_ins_per_second", connections / opened_after)
    .add("server_cpu_us_per_sign_in", opening_cpu / connections)
    .add("refused_handshakes", static_cast<double>(clients.refused_handshakes()))
    .print();
  while (hold && !input_has_ended())
    clients.run_for(0.2);
}

} // namespace loadgen
