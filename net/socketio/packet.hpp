// Socket.IO 5, "Packet format": type, attachments, namespace, acknowledgement id, JSON; attachments
// follow as binary messages. Every way to break it is the same to the caller: the connection is
// closed.
#pragma once

#include "net/json/document.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace net::socketio {

enum class packet_type : std::uint8_t {
  connect,
  disconnect,
  event,
  ack,
  connect_error,
  binary_event,
  binary_ack,
};

inline constexpr std::size_t attachments_max = 10;
inline constexpr std::uint64_t id_max =
  (std::uint64_t{1} << 53) - 1; // beyond, a JavaScript client's ids run into each other

struct packet {
  packet_type type = packet_type::connect;
  std::string nsp = "/";
  std::optional<std::uint64_t> id; // at most 2^53 - 1
  std::size_t attachment_count = 0;
  bool has_data = false;
  json::document data;
  std::vector<std::string> attachments;

  bool is_binary() const {
    return type == packet_type::binary_event || type == packet_type::binary_ack;
  }
};

/// One text message. Nothing: it is not a packet, or its data is not what its type asks for.
std::optional<packet> decode(std::string_view text);

/// What a packet of this type may carry.
bool is_data_of(packet_type type, const rapidjson::Value& v);

/// A member that is a string, or nothing.
std::string text_of(const rapidjson::Value& object, const char* key);

/// Not to be emitted by applications: `connect`, `disconnect` …
bool is_reserved_name(std::string_view name);

/// Puts packets together that come in several messages. Runs on its connection's thread.
class decoder {
public:
  enum class outcome : std::uint8_t { more, complete, invalid };

  /// At most `bytes_max` of attachments a packet.
  explicit decoder(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// `complete`: `into` is the packet. After `invalid` the connection is of no use.
  outcome on_text(std::string_view text, packet& into);
  outcome on_binary(std::string_view bytes, packet& into);
  bool is_waiting() const { return waiting_.has_value(); }

private:
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::optional<packet> waiting_; // for attachments
};

} // namespace net::socketio
