#pragma once

#include <cstddef>

namespace support {

/// How often this thread has called operator new, in this test program.
std::size_t allocations();

} // namespace support
