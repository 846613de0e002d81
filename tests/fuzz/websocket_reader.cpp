#include "net/rfc6455/compression.hpp"
#include "net/rfc6455/message_reader.hpp"
#include "net/utf8.hpp"
#include "tests/fuzz/must.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace net::rfc6455;
constexpr std::size_t bound = 4'096;

struct seen {
  found what;
  std::string data;
  std::uint16_t code;
  bool operator==(const seen&) const = default;
};

std::vector<seen> read_all(std::string bytes, std::size_t piece, bool deflates) {
  message_reader reader{bound};
  if (deflates)
    reader.accept_compressed();
  std::vector<seen> all;
  for (std::size_t start = 0; start < bytes.size(); start += piece) {
    auto* at = bytes.data() + start;
    auto* const end = bytes.data() + std::min(start + piece, bytes.size());
    for (;;) {
      const auto what = reader.read(at, end);
      if (what == found::nothing)
        break;
      const bool is_end = what == found::close || what == found::broken;
      const std::string data{reader.data()};
      if (what == found::message) {
        fuzz::must(data.size() <= bound);
        fuzz::must(reader.is_binary() || net::is_utf8(data));
      } else if (what != found::broken) {
        fuzz::must(data.size() <= 125);
      }
      all.push_back(
        {what, what == found::broken ? std::string{} : data,
         is_end ? reader.code() : std::uint16_t{0}});
      if (is_end)
        return all;
    }
    fuzz::must(at == end);
  }
  return all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes{reinterpret_cast<const char*>(data), size};
  if (bytes.empty())
    return 0;
  // The first byte: compression or not, and the size of the pieces; bit 7: an offer instead.
  const auto how = static_cast<unsigned char>(bytes.front());
  bytes.remove_prefix(1);
  if ((how & 0x80) != 0) {
    const auto agreed = agree_on_deflate(bytes);
    fuzz::must(!agreed || (agreed->window_bits >= 8 && agreed->window_bits <= 15));
    return 0;
  }
  const bool deflates = (how & 1) != 0;
  fuzz::must(
    read_all(std::string{bytes}, bytes.size() + 1, deflates)
    == read_all(std::string{bytes}, 1 + (how >> 1) % 16, deflates));
  return 0;
}
