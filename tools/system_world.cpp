#include "tools/system_world.hpp"

#include <sodium.h>

#include <array>
#include <vector>

namespace tools {

domain::timestamp system_clock::now() const {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

domain::steady_time system_clock::steady() const {
  return std::chrono::steady_clock::now();
}

std::string system_ids::next(std::string_view prefix) const {
  static constexpr std::string_view digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::array<unsigned char, 16> bytes{};
  auto at = static_cast<std::uint64_t>(clock_.now().time_since_epoch().count());
  for (std::size_t i = 0; i < 6; ++i)
    bytes[i] = static_cast<unsigned char>(at >> (40 - 8 * i));
  randombytes_buf(bytes.data() + 6, bytes.size() - 6);
  std::string out{prefix};
  // 128 bits in 26 digits of 5: the first holds only 3
  std::uint32_t held = 0;
  unsigned bits = 2;
  for (unsigned char byte : bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5)
      out += digits[(held >> (bits - 5)) & 31u];
  }
  return out;
}

domain::user_id system_ids::next_user() {
  return domain::user_id{next("usr_")};
}

domain::room_id system_ids::next_room() {
  return domain::room_id{next("room_")};
}

domain::message_id system_ids::next_message() {
  return domain::message_id{next("msg_")};
}

domain::session_id system_ids::next_session() {
  return domain::session_id{next("ses_")};
}

std::string system_random::token(std::size_t bytes) {
  std::vector<unsigned char> raw(bytes);
  randombytes_buf(raw.data(), raw.size());
  constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string out(sodium_base64_encoded_len(bytes, variant), '\0');
  sodium_bin2base64(out.data(), out.size(), raw.data(), raw.size(), variant);
  out.pop_back(); // the terminating zero
  return out;
}

} // namespace tools
