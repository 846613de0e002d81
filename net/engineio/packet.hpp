// Engine.IO 4, "Packet encoding" and "HTTP long-polling": one digit and data, packets of a payload
// joined with 0x1E.
#pragma once

#include "net/frame.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace net::engineio {

enum class packet_type : std::uint8_t { open, close, ping, pong, message, upgrade, noop };

struct packet {
  packet_type type = packet_type::noop;
  bool binary = false; // a message's raw bytes
  std::string_view data;
};

inline constexpr char separator = '\x1e';

/// A text message of a WebSocket, or one packet of a payload. `storage` receives what had to be
/// decoded (base64) and must live as long as the packet. Nothing: empty, an unknown digit, bad
/// base64.
std::optional<packet> decode(std::string_view text, std::string& storage);

/// The packets of a POST body, one by one, in order.
class payload_reader {
public:
  explicit payload_reader(std::string_view body) : rest_(body) {}
  /// The next packet, valid until the next call. Nothing at the end, or at the first broken one.
  std::optional<packet> next();
  bool is_broken() const { return is_broken_; }

private:
  std::string_view rest_;
  std::string storage_;
  bool is_broken_ = false;
  bool is_done_ = false;
};

/// Appends a frame's payload, or those of joined frames, to an answer for a polling client.
void append_to_payload(std::string& body, const frame& what);

void append_base64(std::string& out, std::string_view bytes);
/// RFC 4648 §4, strict: padded, canonical, nothing else. False: `out` is of no use.
bool decode_base64(std::string_view text, std::string& out);

} // namespace net::engineio
