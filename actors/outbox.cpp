#include "actors/outbox.hpp"

#include "domain/json.hpp"

#include <algorithm>
#include <utility>

namespace actors {

reply make_reply() {
  return {true, R"({"ok":true})", {}};
}

reply make_reply(std::string json_object) {
  return {true, std::move(json_object), {}};
}

reply make_reply(const domain::error& why) {
  return {false, R"({"ok":false,"error":)" + error_json(why) + '}', {}};
}

std::string error_json(const domain::error& why) {
  const auto& row = domain::describe(why.code);
  domain::json_object out;
  out.text("code", row.wire_name).text("message", why.message).boolean("retryable", row.retryable);
  if (why.retry_after.count() > 0) {
    // Whole seconds, rounded up: coming back any earlier would be refused again.
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(why.retry_after).count();
    out.number("retryAfter", static_cast<std::int64_t>(std::max<std::int64_t>(1, seconds)));
  }
  if (!why.details.empty()) {
    std::string details = "[";
    for (const auto& violation : why.details) {
      if (details.size() > 1)
        details += ',';
      details += domain::json_object{}
                   .text("field", violation.field)
                   .text("message", violation.message)
                   .take();
    }
    out.raw("details", details + ']');
  }
  return out.take();
}

} // namespace actors
