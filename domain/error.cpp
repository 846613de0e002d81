#include "domain/error.hpp"

#include <algorithm>

namespace domain {

namespace {

constexpr std::size_t codes = static_cast<std::size_t>(errc::count_);

constexpr std::array<error_row, codes> errors{{
  {errc::none, "none", 200, false},
  {errc::bad_request, "bad_request", 400, false},
  {errc::validation_failed, "validation_failed", 400, false},
  {errc::unauthorized, "unauthorized", 401, false},
  {errc::forbidden, "forbidden", 403, false},
  {errc::not_found, "not_found", 404, false},
  {errc::method_not_allowed, "method_not_allowed", 405, false},
  {errc::conflict, "conflict", 409, false},
  {errc::too_large, "too_large", 413, false},
  {errc::unsupported_media_type, "unsupported_media_type", 415, false},
  {errc::idempotency_mismatch, "idempotency_mismatch", 422, false},
  {errc::rate_limited, "rate_limited", 429, true},
  {errc::internal, "internal", 500, false},
  {errc::overloaded, "overloaded", 503, true},
  {errc::unavailable, "unavailable", 503, true},
  {errc::retry, "retry", 503, true},
  {errc::moved, "moved", 503, true},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < codes; ++i)
    if (errors[i].code != static_cast<errc>(i) || errors[i].wire_name.empty())
      return false;
  return true;
}
static_assert(in_order(), "every code has its row, at its place");

} // namespace

const error_row& describe(errc code) {
  const auto i = static_cast<std::size_t>(code);
  return i < codes ? errors[i] : errors[static_cast<std::size_t>(errc::internal)];
}

const std::array<error_row, codes>& error_table() {
  return errors;
}

const std::vector<close_row>& close_table() {
  static const std::vector<close_row> rows{
    {close_code::normal, "normal", false},
    {close_code::going_away, "going away", true},
    {close_code::protocol_error, "protocol error", false},
    {close_code::unsupported, "unsupported data", false},
    {close_code::bad_payload, "invalid payload", false},
    {close_code::too_big, "message too big", false},
    {close_code::internal, "internal error", true},
    {close_code::restart, "restart", true},
    {close_code::shutdown, "shutdown", true},
    {close_code::slow_consumer, "slow consumer", true},
    {close_code::no_pong, "no pong", true},
    {close_code::too_many_requests, "too many requests", true},
    {close_code::replaced, "replaced", true},
    {close_code::bad_request, "bad request", false},
    {close_code::never_authenticated, "never authenticated", false},
    {close_code::kicked, "kicked", false},
    {close_code::connection_limit, "connection limit", false},
    {close_code::invalid_token, "invalid token", false},
  };
  return rows;
}

const close_row& describe(close_code code) {
  const auto& rows = close_table();
  const auto row =
    std::find_if(rows.begin(), rows.end(), [code](const close_row& r) { return r.code == code; });
  if (row != rows.end())
    return *row;
  return *std::find_if(
    rows.begin(), rows.end(), [](const close_row& r) { return r.code == close_code::internal; });
}

} // namespace domain
