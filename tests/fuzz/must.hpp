#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

/// What must hold for every input; unlike assert, in release builds too.
inline void must(bool holds) {
  if (!holds)
    std::abort();
}

} // namespace fuzz
