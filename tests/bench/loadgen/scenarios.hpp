// The loads of acceptance 10. Each opens its connections, warms the server up, measures, and prints
// one line of JSON per variant; each throws `failure` when something is lost, refused or stalls.
#pragma once

#include "tests/bench/loadgen/swarm.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace loadgen {

struct common {
  swarm::target where;
  pid_t server = 0;
  std::string
    run; // makes client ids new ones: a repeated one would be answered, but shown to nobody
  double warm_seconds = 1;
  double seconds = 4;
};

enum class durability : std::uint8_t { ephemeral, durable };

struct fanout_phase {
  std::size_t bytes = 64;
  std::uint32_t window = 1;
};
struct fanout_shape {
  std::string scenario = "fanout"; // its name in what is printed
  std::uint32_t subscribers = 1'000;
  std::uint32_t stalled = 0; // of them: they subscribe and then read nothing more
};
/// One publisher, `subscribers` on one topic; `window` events under way, each until all that
/// read have it. Prints a line `{"begin":N}` before phase N, so that another program can act along.
void fanout(const common& how, const fanout_shape& shape, const std::vector<fanout_phase>& phases);

/// `rooms` rooms of `members` each; in every room `window` messages are under way, each until all
/// members have it, and the members send in turn. Durable ones go to rooms `bench-N`, which must
/// exist.
void rooms(
  const common& how, durability kind, std::uint32_t rooms, std::uint32_t members,
  std::uint32_t window, std::size_t bytes);

/// `connections`, each with `window` unanswered requests: publishing to a topic without
/// subscribers, or sending to the room `bench-N` of its own.
void acks(
  const common& how, durability kind, std::uint32_t connections, std::uint32_t window,
  std::size_t bytes);

/// `connections` that are signed in and do nothing; prints the server's memory before and after.
/// With `hold` they stay until standard input ends.
void idle(const common& how, std::uint32_t connections, bool hold);

} // namespace loadgen
