// What stands in header fields that are more than a word: offers of extensions, accepted codings.
#include "net/http/content_coding.hpp"
#include "net/rfc6455/compression.hpp"
#include "tests/fuzz/must.hpp"

#include <algorithm>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  if (const auto agreed = net::rfc6455::agree_on_deflate(text)) {
    fuzz::must(agreed->window_bits >= 8 && agreed->window_bits <= 15);
    fuzz::must(agreed->answer.starts_with("permessage-deflate"));
    // What we answer is itself an offer that we take.
    const auto again = net::rfc6455::agree_on_deflate(agreed->answer);
    fuzz::must(again && again->window_bits == agreed->window_bits);
  }
  net::http::accepts_gzip(text);
  const bool is_quote_open = std::count(text.begin(), text.end(), '"') % 2 != 0;
  fuzz::must( // the highest weight counts
    is_quote_open || net::http::accepts_gzip(text + ",gzip;q=1"));
  return 0;
}
