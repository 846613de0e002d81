#pragma once

#include "domain/time.hpp"

namespace domain {

/// The time, handed in. Any thread.
class clock {
public:
  virtual ~clock() = default;
  virtual timestamp now() const = 0;      // wall
  virtual steady_time steady() const = 0; // for deadlines and rates
};

} // namespace domain
