#pragma once

#include "domain/limits.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace net {

/// What an operator can set that the front cares about. Filled by tools/config.
struct settings {
  std::string address = "0.0.0.0";
  std::uint16_t port = 8080; // 0: any; server::port() tells which
  std::size_t shards = 1;
  std::string web_dir = "web"; // the static pages
  std::string node_name = "troupe";
  std::vector<std::string>
    cors_origins; // exact; "*" alone: any, without credentials. Same-origin always passes.
  std::chrono::milliseconds ping_interval = domain::limits::ping_interval;
  std::chrono::milliseconds ping_timeout = domain::limits::ping_timeout;
  std::chrono::milliseconds upgrade_timeout = domain::limits::upgrade_timeout;
  std::chrono::milliseconds connect_timeout = domain::limits::socketio_connect_timeout;
  std::chrono::milliseconds plain_authenticate_timeout = domain::limits::plain_authenticate_timeout;
  std::size_t max_payload = domain::limits::frame_bytes_max;
  std::size_t queue_bytes_max = domain::limits::queue_bytes_max;
  std::size_t connections_per_address_max = 0; // 0: off
  /// Engine.IO sessions that have not signed in. 0: off.
  std::size_t handshakes_per_address_max = domain::limits::handshakes_per_address;
  bool compression = true; // permessage-deflate and gzip of polls, where a client asks for it
  bool io_uring = true;    // where the kernel lets us: the sends of a turn in few system calls
  bool development = false;
};

} // namespace net
