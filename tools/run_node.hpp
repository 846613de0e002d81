#pragma once

#include "tools/config.hpp"

#include <functional>

namespace tools {

/// Runs one node until SIGTERM, SIGINT or its failure. From main, with no other threads about:
/// signals are blocked here before any thread exists. Returns the exit code: 0 drained, 1 could not
/// start or failed while running, 2 a setting that turned out to be wrong.
int run_node(const config& settings);

/// main() of a node: reads command line and environment, prints or runs. `adjust` lets the node
/// with planted defects (tests/blackbox) change settings that no option reaches.
int start_node(int argc, const char* const* argv, const std::function<void(config&)>& adjust = {});

} // namespace tools
