#pragma once

#include "net/http/site.hpp"

#include <memory>

namespace net {

struct services;

/// /metrics: Prometheus text format 0.0.4, collected from counters that are kept anyway.
void add_metrics(http::routes& table, services& s, std::shared_ptr<http::site> common);

} // namespace net
