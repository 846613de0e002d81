#include "domain/event.hpp"

#include "domain/json.hpp"

#include <string_view>

namespace domain {

std::string shown_data(const logged_event& e) {
  const std::string_view rest = std::string_view{e.body}.substr(e.body.empty() ? 0 : 1);
  auto out = "{\"seq\":" + std::to_string(e.seq);
  out.reserve(out.size() + rest.size() + 2);
  if (rest.empty() || rest == "}")
    return out += '}';
  out += ',';
  return out += rest;
}

std::string to_json(const logged_event& e) {
  return json_object{}
    .text("event", e.type)
    .text("type", e.type)
    .number("seq", e.seq)
    .raw("data", shown_data(e))
    .text("timestamp", to_iso8601(e.at))
    .take();
}

} // namespace domain
