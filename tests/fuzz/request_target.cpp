#include "net/http/target.hpp"
#include "net/utf8.hpp"
#include "tests/fuzz/must.hpp"

#include <algorithm>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto parts = net::http::split_target(text);
  if (!parts)
    return 0;
  fuzz::must(net::is_utf8(parts->path));
  fuzz::must(parts->path.find('\\') == std::string::npos);
  fuzz::must(std::none_of(parts->path.begin(), parts->path.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  }));
  for (const auto& [name, value] : parts->query) {
    const auto again = net::http::split_target("/?x=" + net::http::escape_query(value));
    fuzz::must(again && again->query.size() == 1 && again->query[0].second == value);
  }
  return 0;
}
