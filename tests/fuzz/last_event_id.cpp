#include "net/sse/positions.hpp"
#include "tests/fuzz/must.hpp"

#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const std::vector<domain::room_id> rooms{
    domain::room_id{"a"}, domain::room_id{"a:1"}, domain::room_id{"lobby"}};
  net::sse::positions read{rooms};
  if (!read.read(text))
    return 0;
  const auto written = read.text();
  if (written.empty()) // none of our rooms was named
    return 0;
  net::sse::positions again{rooms};
  fuzz::must(again.read(written));
  fuzz::must(again.text() == written);
  for (const auto& room : rooms)
    fuzz::must(again.find(room) == read.find(room));
  return 0;
}
