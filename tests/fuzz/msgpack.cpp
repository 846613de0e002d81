// Input: a byte that chooses whether binary data is wanted, then MessagePack.
#include "domain/limits.hpp"
#include "net/json/reader.hpp"
#include "net/msgpack/reader.hpp"
#include "net/msgpack/writer.hpp"
#include "tests/fuzz/must.hpp"

#include <string_view>

namespace {

// What is written is accepted again, and is written the same; by way of JSON, too.
void check(const rapidjson::Value& read, const std::vector<std::string>& attachments) {
  using net::msgpack::writer;
  const auto written = writer{}.value(read, attachments).take();
  const auto again = net::msgpack::parse_with_attachments(written, attachments.size());
  fuzz::must(static_cast<bool>(again));
  fuzz::must(again->attachments == attachments);
  fuzz::must(writer{}.value(again->value, again->attachments).take() == written);
  const auto json = net::json::write(read);
  const auto direct = net::json::parse(json);
  fuzz::must(static_cast<bool>(direct));
  const auto plain = writer{}.json(json).take();
  fuzz::must(plain == writer{}.value(*direct).take());
  writer outside;
  fuzz::must(outside.json_from_outside(json));
  fuzz::must(outside.take() == plain);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes{reinterpret_cast<const char*>(data), size};
  if (bytes.empty())
    return 0;
  const bool wants_binary = (bytes.front() & 1) != 0;
  bytes.remove_prefix(1);
  if (!wants_binary) {
    const auto parsed = net::msgpack::parse(bytes);
    if (parsed && net::json::write(*parsed).find("_placeholder") == std::string::npos)
      check(*parsed, {});
    else if (!parsed)
      fuzz::must(parsed.error().code == domain::errc::bad_request);
    return 0;
  }
  constexpr std::size_t attachments_max = 10;
  const auto parsed = net::msgpack::parse_with_attachments(bytes, attachments_max);
  if (!parsed) {
    fuzz::must(parsed.error().code == domain::errc::bad_request);
    return 0;
  }
  fuzz::must(parsed->attachments.size() <= attachments_max);
  check(parsed->value, parsed->attachments);
  return 0;
}
