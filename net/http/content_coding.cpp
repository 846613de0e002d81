#include "net/http/content_coding.hpp"

#include "domain/limits.hpp"
#include "net/http/field_value.hpp"
#include "net/http/response.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <zlib.h>

namespace net::http {
namespace {

constexpr int thousandths_max = 1'000;

/// "0.25" is 250; 0 for what is no weight.
int weight_of(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1'))
    return 0;
  int thousandths = (text[0] - '0') * thousandths_max;
  if (text.size() > 1 && text[1] != '.')
    return 0;
  for (std::size_t i = 2, worth = 100; i < text.size(); ++i, worth /= 10) {
    if (text[i] < '0' || text[i] > '9')
      return 0;
    thousandths += (text[i] - '0') * static_cast<int>(worth);
  }
  return thousandths <= thousandths_max ? thousandths : 0;
}

class gzipper {
public:
  gzipper() {
    constexpr int with_header = 15 + 16;
    ready_ =
      deflateInit2(&zip_, Z_BEST_SPEED, Z_DEFLATED, with_header, 8, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~gzipper() { deflateEnd(&zip_); }
  gzipper(const gzipper&) = delete;

  std::optional<std::string> run(std::string_view plain) {
    if (!ready_ || plain.empty() || deflateReset(&zip_) != Z_OK)
      return std::nullopt;
    std::string made(plain.size() - 1, '\0'); // more would not be smaller
    zip_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(plain.data()));
    zip_.avail_in = static_cast<uInt>(plain.size());
    zip_.next_out = reinterpret_cast<Bytef*>(made.data());
    zip_.avail_out = static_cast<uInt>(made.size());
    if (deflate(&zip_, Z_FINISH) != Z_STREAM_END)
      return std::nullopt;
    made.resize(made.size() - zip_.avail_out);
    made.shrink_to_fit(); // it may wait for a slow client
    return made;
  }

private:
  z_stream zip_{};
  bool ready_ = false;
};

void add_vary(response& answer, std::string_view name) {
  for (auto& [key, value] : answer.headers)
    if (equal_ignoring_case(key, "Vary")) {
      value.append(", ").append(name);
      return;
    }
  answer.headers.emplace_back("Vary", name);
}

} // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  int gzip = -1, any = 0, identity = 0; // -1: not named
  while (!accept_encoding.empty()) {
    auto parameters = take_until(accept_encoding, ',');
    const auto name = take_until(parameters, ';');
    int weight = thousandths_max;
    while (!parameters.empty()) {
      auto value = take_until(parameters, ';');
      if (equal_ignoring_case(take_until(value, '='), "q"))
        weight = weight_of(trimmed(value));
    }
    if (equal_ignoring_case(name, "gzip") || equal_ignoring_case(name, "x-gzip"))
      gzip = std::max(gzip, weight);
    else if (name == "*")
      any = weight;
    else if (equal_ignoring_case(name, "identity"))
      identity = weight;
  }
  const auto weight = gzip >= 0 ? gzip : any;
  return weight > 0 && weight >= identity;
}

std::optional<std::string> gzip(std::string_view plain) {
  thread_local std::unique_ptr<gzipper> mine;
  if (mine == nullptr)
    mine = std::make_unique<gzipper>();
  return mine->run(plain);
}

void encode_body(const request& asked, response& answer) {
  const auto size = answer.body.size();
  if (size < domain::limits::gzip_bytes_min || size > domain::limits::gzip_bytes_max)
    return;
  add_vary(answer, "Accept-Encoding");
  std::string wanted;
  for (const auto& [name, value] : asked.headers)
    if (equal_ignoring_case(name, "Accept-Encoding"))
      wanted += (wanted.empty() ? "" : ",") + value;
  if (!accepts_gzip(wanted))
    return;
  if (auto packed = gzip(answer.body)) {
    answer.body = std::move(*packed);
    answer.headers.emplace_back("Content-Encoding", "gzip");
  }
}

} // namespace net::http
