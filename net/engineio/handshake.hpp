// Engine.IO 4, "Handshake": which requests are let in, and how the others are refused.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace net::engineio {

enum class transport : std::uint8_t { polling, websocket };

/// The protocol's own numbers: `{"code":N,…}`.
enum class refusal : std::uint8_t {
  unknown_transport,
  unknown_session,
  bad_method,
  bad_request,
  forbidden,
  unsupported_version,
};
int status_of(refusal why);
std::string_view message_of(refusal why);
/// `{"code":N,"message":"…"}`
std::string body_of(refusal why);

/// What of a request decides whether it is let in.
struct request_facts {
  std::string_view method;
  std::string_view transport; // query parameters, empty when missing
  std::string_view sid;
  std::string_view version; // EIO
  std::string_view origin;
  bool is_upgrade = false;
  bool is_admitted = true; // by origin and address
};

/// The transport of a living session, or nothing.
using session_lookup = std::function<std::optional<transport>(std::string_view sid)>;

/// The checks in the protocol's order. Nothing: let in.
std::optional<refusal> check(const request_facts& asked, const session_lookup& find);

struct options {
  std::chrono::milliseconds ping_interval{25'000};
  std::chrono::milliseconds ping_timeout{20'000};
  std::chrono::milliseconds upgrade_timeout{10'000};
  std::size_t max_payload = 1'000'000;
  /// For clients that ask for it: permessage-deflate on WebSocket, gzip of polls.
  bool compression = false;
};

/// `0{"sid":…}`: the first packet to a client.
std::string open_packet(std::string_view sid, bool can_upgrade, const options& o);

/// An Origin header that is one of `allowed` exactly ("*" alone: any), or names the same host as
/// the request, or is missing (no browser).
bool is_allowed_origin(
  std::string_view origin, std::string_view host, const std::vector<std::string>& allowed);

/// The CORS headers of an answer. Where any origin is allowed the same for every request; otherwise
/// none when there is no origin or it is not allowed.
std::vector<std::pair<std::string, std::string>> cors_headers(
  std::string_view origin, std::string_view host, const std::vector<std::string>& allowed);

/// A session id says on which shard its session lives: `random` (URL-safe) and two more characters.
std::string make_sid(std::string random, std::uint32_t shard_index);
std::optional<std::uint32_t> shard_of(std::string_view sid);

} // namespace net::engineio
