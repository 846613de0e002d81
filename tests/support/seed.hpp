#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace support {

/// The seed of a property test: TROUPE_TEST_SEED, or a new one. Print it with INFO.
inline std::uint64_t test_seed() {
  if (const char* given = std::getenv("TROUPE_TEST_SEED"))
    return std::strtoull(given, nullptr, 10);
  std::random_device device;
  return (std::uint64_t{device()} << 32u) | device();
}

/// Small, and the same on every platform (std's distributions are not).
class dice {
public:
  explicit dice(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  template <class Container>
  const auto& pick(const Container& from) {
    return from[below(from.size())];
  }

private:
  std::mt19937_64 engine_;
};

} // namespace support
