#include "net/http/exchange.hpp"

#include "net/http/response.hpp"
#include "net/http/stream.hpp"

namespace net::http {

std::string_view request::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (equal_ignoring_case(key, name))
      return value;
  return {};
}

std::string_view request::parameter(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name)
      return value;
  return {};
}

std::unique_ptr<streamed> exchange::take_stream(response) {
  return nullptr;
}

} // namespace net::http
