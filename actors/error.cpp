#include "actors/error.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::domain::error)

namespace actors {

caf::error to_caf(const domain::error& why) {
  // CAF takes code 0 for "no error", which nobody can have meant here.
  const auto code = why.code == domain::errc::none ? domain::errc::internal : why.code;
  return {static_cast<std::uint8_t>(code), caf::atom("troupe"), caf::make_message(why)};
}

domain::error from_caf(const caf::error& why) {
  using domain::errc;
  if (why.category() == caf::atom("troupe")) {
    if (why.context().match_elements<domain::error>())
      return why.context().get_as<domain::error>(0);
    return {static_cast<errc>(why.code()), "The request failed", {}, {}};
  }
  if (why == caf::sec::request_timeout)
    return {errc::retry, "The outcome is not known; send again with the same clientId", {}, {}};
  if (why == caf::sec::request_receiver_down)
    return {
      errc::unavailable, "The service is not available right now", {}, std::chrono::seconds{1}};
  return {errc::internal, "Internal error", {}, {}};
}

} // namespace actors
