// Stands in for libFuzzer: every file of a corpus once, whole and cut at every position.
#include "tests/fuzz/must.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

namespace {

void run(const std::string& bytes) {
  // A copy of exactly this size: reading past the end is seen by AddressSanitizer.
  const std::string exact{bytes.data(), bytes.size()};
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(exact.data()), exact.size());
}

} // namespace

int main(int argc, char** argv) {
  std::size_t files = 0;
  for (int i = 1; i < argc; ++i)
    for (const auto& entry : std::filesystem::directory_iterator{argv[i]}) {
      std::ifstream in{entry.path(), std::ios::binary};
      const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
      const auto cuts = bytes.size() <= 4'096 ? bytes.size() : 0;
      for (std::size_t size = 0; size < cuts; ++size)
        run(bytes.substr(0, size));
      run(bytes);
      ++files;
    }
  std::cout << files << " inputs replayed\n";
  return files > 0 ? 0 : 1;
}
