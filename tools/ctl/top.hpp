#pragma once

#include <rapidjson/document.h>

#include <chrono>
#include <cstddef>
#include <iosfwd>

namespace ctl {

/// What a node was doing at one moment: the answers of /admin/top and /admin/actors.
struct reading {
  rapidjson::Document node;
  rapidjson::Document actors;
  std::chrono::steady_clock::time_point at;
};

/// Totals of the node and its busiest actors. With an `earlier` reading: what happened since then,
/// per second; without one: since the start. `rows`: actors at most.
void show_top(const reading& now, const reading* earlier, std::size_t rows, std::ostream& out);

} // namespace ctl
