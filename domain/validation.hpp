#pragma once

#include "domain/error.hpp"

#include <utility>
#include <vector>

namespace domain {

/// All broken rules at once. The messages name rules, never what the client sent.
inline error validation_failed(std::vector<violation> broken) {
  return {errc::validation_failed, "Validation failed", std::move(broken), {}};
}

} // namespace domain
