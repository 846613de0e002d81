// RFC 6455 §5 and RFC 7692 §6, the server's side of reading: frames from bytes, messages from
// frames, and every way to break the rules with the close code that answers it.
#pragma once

#include "net/utf8.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace net::rfc6455 {

/// What a stretch of bytes ended with.
enum class found : std::uint8_t { nothing, message, ping, pong, close, broken };

/// Takes bytes as they come, cut anywhere. A message that lies in them as a whole is handed out in
/// place; parts are kept, never more than the message bound. Decides as early as it can: a bad
/// header before its payload, an oversized frame before its bytes, bad UTF-8 at the byte. One
/// thread.
class message_reader {
public:
  explicit message_reader(std::size_t message_bytes_max) : bytes_max_(message_bytes_max) {}

  /// permessage-deflate was agreed upon: RSV1 marks a compressed message.
  void accept_compressed() { is_deflate_agreed_ = true; }

  /// Reads on from `at` up to `end` (unmasks in place) until something is whole; `at` moves behind
  /// it. After `close` and `broken` nothing may follow.
  found read(char*& at, char* end);

  /// The message, a ping's or pong's payload, the reason of a close, or what was broken. Valid
  /// until the next read() and as long as the bytes that were read.
  std::string_view data() const { return data_; }
  bool is_binary() const { return is_binary_; }
  bool was_compressed() const { return is_compressed_; }
  /// `close`: the peer's code, 1005 when it gave none. `broken`: what to close with.
  std::uint16_t code() const { return code_; }
  /// Nothing of a message or a frame is kept.
  bool is_idle() const { return !is_in_message_ && !is_in_frame_ && header_size_ == 0; }

private:
  bool fail(std::uint16_t code, std::string_view why); // false
  found broken(std::uint16_t code, std::string_view why);
  std::size_t header_needed() const;
  bool check_start();
  bool begin_frame();
  found take_payload(char*& at, char* end);
  found on_control();
  found on_message();
  void forget_given();

  std::size_t bytes_max_;
  std::uint64_t left_ = 0; // of the frame's payload
  std::array<unsigned char, 14> header_{};
  std::array<unsigned char, 4> mask_{};
  std::uint8_t header_size_ = 0;
  std::uint8_t mask_at_ = 0;
  std::uint8_t opcode_ = 0; // of the frame
  bool is_final_ = false;   // the frame is its message's last
  bool is_in_frame_ = false;
  bool is_in_message_ = false;
  bool is_binary_ = false;
  bool is_compressed_ = false;
  bool is_deflate_agreed_ = false;
  bool is_given_ = false; // what assembled_ holds was handed out
  std::uint16_t code_ = 0;
  utf8_check text_;
  std::string assembled_; // parts of the message
  std::string control_;
  std::string_view data_;
};

/// XORs `size` bytes with the mask, starting at its byte `at`; returns where to go on.
std::uint8_t
unmask(char* bytes, std::size_t size, const std::array<unsigned char, 4>& mask, std::uint8_t at);

/// RFC 6455 §7.4 and the registry: codes that may be on the wire.
bool is_close_code(std::uint16_t code);

} // namespace net::rfc6455
