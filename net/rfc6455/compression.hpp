// RFC 7692 §7, permessage-deflate without context takeover in either direction: what a message
// needs lives while it is worked on, so an idle connection keeps no window and a compressed frame
// can be shared by all who receive it.
#pragma once

#include "net/frame.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace net::rfc6455 {

/// What was agreed upon in the handshake.
struct deflate_agreement {
  std::uint8_t window_bits = 15; // of what we send, 8 to 15
  std::string answer;            // the Sec-WebSocket-Extensions to answer with
};

/// The first offer of permessage-deflate whose parameters are known, well formed and not repeated.
/// `offers`: all Sec-WebSocket-Extensions fields, joined with commas.
std::optional<deflate_agreement> agree_on_deflate(std::string_view offers);

enum class inflated_as : std::uint8_t { whole, too_big, garbage };

/// One message's payload. Stops at `bytes_max`; what a bomb costs is that.
inflated_as inflate_message(std::string_view compressed, std::size_t bytes_max, std::string& into);

/// The same message compressed (not always smaller), for a peer whose window has `window_bits`. The
/// frame itself when that window is too small for zlib.
frame_ptr compress(const frame_ptr& plain, std::uint8_t window_bits);

/// Payloads below this are not worth it.
inline constexpr std::size_t compressed_bytes_min = 1'024;
/// The frame itself where compressing is not worth it, or was not.
frame_ptr compress_if_smaller(const frame_ptr& plain, std::uint8_t window_bits);

} // namespace net::rfc6455
