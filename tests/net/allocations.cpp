// operator new of the whole program, counted. In a file of its own: where it is seen, GCC takes the
// pairs of new and free that inlining makes of it for mistakes.
#include "tests/net/allocations.hpp"

#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t count = 0;
} // namespace

namespace support {

std::size_t allocations() {
  return count;
}

} // namespace support

void* operator new(std::size_t bytes) {
  ++count;
  if (auto* made = std::malloc(bytes))
    return made;
  throw std::bad_alloc{};
}

void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  ++count;
  return std::malloc(bytes);
}

void operator delete(void* what) noexcept {
  std::free(what);
}

void operator delete(void* what, std::size_t) noexcept {
  std::free(what);
}
