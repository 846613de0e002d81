#pragma once

#include <cstddef>
#include <string>

namespace domain {

/// Unguessable bytes, handed in. Any thread.
class random {
public:
  virtual ~random() = default;
  /// `bytes` random bytes as URL-safe base64 without padding.
  virtual std::string token(std::size_t bytes) = 0;
};

} // namespace domain
