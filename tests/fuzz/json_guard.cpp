#include "domain/limits.hpp"
#include "net/json/reader.hpp"
#include "tests/fuzz/must.hpp"

#include <algorithm>
#include <string_view>

namespace {

std::size_t depth_of(const rapidjson::Value& v) {
  std::size_t below = 0;
  if (v.IsArray())
    for (const auto& each : v.GetArray())
      below = std::max(below, depth_of(each));
  else if (v.IsObject())
    for (const auto& each : v.GetObject())
      below = std::max(below, depth_of(each.value));
  else
    return 0;
  return below + 1;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto parsed = net::json::parse(text);
  if (!parsed) {
    fuzz::must(parsed.error().code == domain::errc::bad_request);
    return 0;
  }
  fuzz::must(depth_of(*parsed) <= domain::limits::json_depth);
  // What is written is accepted again, and is written the same.
  const auto written = net::json::write(*parsed);
  const auto again = net::json::parse(written);
  fuzz::must(static_cast<bool>(again));
  fuzz::must(net::json::write(*again) == written);
  for (const auto* name :
       {"join-room", "leave-room", "send-message", "typing", "stop-typing", "sync", "subscribe",
        "unsubscribe", "publish", "authenticate", "other"}) {
    const auto command = net::json::read_command(name, &*parsed);
    if (!command)
      fuzz::must(
        command.error().code == domain::errc::validation_failed
        || command.error().code == domain::errc::bad_request);
  }
  return 0;
}
