#include "net/engineio/handshake.hpp"

#include "domain/json.hpp"

#include <algorithm>
#include <array>

namespace net::engineio {
namespace {

struct refusal_row {
  int status;
  std::string_view message;
};

constexpr std::array<refusal_row, 6> refusals{{
  {400, "Transport unknown"},
  {400, "Session ID unknown"},
  {400, "Bad handshake method"},
  {400, "Bad request"},
  {403, "Forbidden"},
  {400, "Unsupported protocol version"},
}};

const refusal_row& row_of(refusal why) {
  return refusals[static_cast<std::size_t>(why)];
}

bool is_header_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_same_text(std::string_view a, std::string_view b) {
  return std::equal(
    a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool allows_any(const std::vector<std::string>& allowed) {
  return allowed.size() == 1 && allowed.front() == "*";
}

constexpr std::string_view url_alphabet =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t sid_size_min = 20 + 2;

} // namespace

int status_of(refusal why) {
  return row_of(why).status;
}

std::string_view message_of(refusal why) {
  return row_of(why).message;
}

std::string body_of(refusal why) {
  domain::json_object body;
  body.number("code", static_cast<std::int64_t>(why)).text("message", message_of(why));
  return body.take();
}

std::optional<refusal> check(const request_facts& asked, const session_lookup& find) {
  const bool wants_websocket = asked.transport == "websocket";
  if (!wants_websocket && asked.transport != "polling")
    return refusal::unknown_transport;
  if (!is_header_text(asked.origin))
    return refusal::bad_request;
  if (!asked.sid.empty()) {
    const auto current = find(asked.sid);
    if (!current)
      return refusal::unknown_session;
    if (!asked.is_upgrade && wants_websocket != (*current == transport::websocket))
      return refusal::bad_request;
  } else if (asked.method != "GET") {
    return refusal::bad_method;
  }
  // Without a session or with one: an Upgrade is for WebSocket, and WebSocket needs one.
  if (wants_websocket != asked.is_upgrade)
    return refusal::bad_request;
  if (!asked.is_admitted)
    return refusal::forbidden;
  if (asked.sid.empty() && asked.version != "4")
    return refusal::unsupported_version;
  return std::nullopt;
}

std::string open_packet(std::string_view sid, bool can_upgrade, const options& o) {
  domain::json_object packet;
  packet.text("sid", sid)
    .raw("upgrades", can_upgrade ? R"(["websocket"])" : "[]")
    .number("pingInterval", static_cast<std::int64_t>(o.ping_interval.count()))
    .number("pingTimeout", static_cast<std::int64_t>(o.ping_timeout.count()))
    .number("maxPayload", static_cast<std::uint64_t>(o.max_payload));
  return "0" + packet.take();
}

bool is_allowed_origin(
  std::string_view origin, std::string_view host, const std::vector<std::string>& allowed) {
  if (origin.empty() || allows_any(allowed))
    return true;
  if (std::find(allowed.begin(), allowed.end(), origin) != allowed.end())
    return true;
  for (const std::string_view scheme : {"http://", "https://"})
    if (origin.starts_with(scheme) && !host.empty())
      return is_same_text(origin.substr(scheme.size()), host);
  return false;
}

std::vector<std::pair<std::string, std::string>> cors_headers(
  std::string_view origin, std::string_view host, const std::vector<std::string>& allowed) {
  if (allows_any(allowed))
    return {{"Access-Control-Allow-Origin", "*"}};
  if (origin.empty() || !is_header_text(origin) || !is_allowed_origin(origin, host, allowed))
    return {};
  return {
    {"Access-Control-Allow-Origin", std::string{origin}},
    {"Access-Control-Allow-Credentials", "true"},
    {"Vary", "Origin"}};
}

std::string make_sid(std::string random, std::uint32_t shard_index) {
  random.push_back(url_alphabet[shard_index >> 6 & 63]);
  random.push_back(url_alphabet[shard_index & 63]);
  return random;
}

std::optional<std::uint32_t> shard_of(std::string_view sid) {
  if (sid.size() < sid_size_min)
    return std::nullopt;
  const auto high = url_alphabet.find(sid[sid.size() - 2]);
  const auto low = url_alphabet.find(sid[sid.size() - 1]);
  if (high == url_alphabet.npos || low == url_alphabet.npos)
    return std::nullopt;
  return static_cast<std::uint32_t>(high << 6 | low);
}

} // namespace net::engineio
