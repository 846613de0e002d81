// RFC 6455 §4.2.2: the server chooses one of the client's list, or none.
#include "net/plain/sub_protocol.hpp"

#include "net/http/response.hpp"

#include <array>

namespace net::plain {
namespace {

struct row {
  std::string_view name;
  encoding format;
};
constexpr std::array spoken{
  row{"troupe.v1.json", encoding::plain},
  row{"troupe.v1.msgpack", encoding::plain_msgpack},
};

} // namespace

std::optional<sub_protocol> choose_sub_protocol(const http::request& handshake) {
  bool offers_any = false;
  for (const auto& [field, value] : handshake.headers) { // a list may come in several lines
    if (!http::equal_ignoring_case(field, "Sec-WebSocket-Protocol"))
      continue;
    std::string_view list = value;
    while (!list.empty()) {
      const auto end = std::min(list.find(','), list.size());
      auto each = list.substr(0, end);
      list.remove_prefix(std::min(end + 1, list.size()));
      each.remove_prefix(std::min(each.find_first_not_of(" \t"), each.size()));
      each.remove_suffix(each.size() - (each.find_last_not_of(" \t") + 1));
      offers_any = offers_any || !each.empty();
      for (const auto& known : spoken)
        if (each == known.name)
          return sub_protocol{std::string{known.name}, known.format};
    }
  }
  if (offers_any)
    return std::nullopt;
  return sub_protocol{};
}

} // namespace net::plain
