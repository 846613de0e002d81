#include "net/http/guard.hpp"
#include "tests/fuzz/must.hpp"

#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace net::http;
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const auto whole = find_head_end(bytes);
  // What arrives in two pieces is judged like what arrives in one.
  const auto half = find_head_end(bytes.substr(0, size / 2));
  if (!half.is_bad && half.size == 0) {
    const auto rest = find_head_end(bytes, size / 2);
    fuzz::must(rest.is_bad == whole.is_bad && (whole.is_bad || rest.size == whole.size));
  }
  if (whole.is_bad) {
    fuzz::must(whole.bad_at < size);
    if (const auto asked = read_bad_origin(bytes, whole.bad_at))
      fuzz::must(!asked->method.empty() && !asked->target.empty() && !asked->fields.empty());
  }
  if (whole.is_bad || whole.size == 0)
    return 0;
  fuzz::must(whole.size <= size && bytes.substr(0, whole.size).ends_with("\r\n\r\n"));
  const auto judged = check_head(bytes.substr(0, whole.size));
  if (judged.status != 0) {
    fuzz::must(judged.status >= 400 && judged.status < 600 && judged.reason != nullptr);
    return 0;
  }
  fuzz::must(!judged.chunked || judged.content_length == 0);
  fuzz::must(judged.content_length <= domain::limits::http_body_bytes);
  return 0;
}
