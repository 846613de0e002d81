#include "net/rfc6455/message_reader.hpp"

#include "net/rfc6455/compression.hpp"

#include <algorithm>
#include <cstring>

namespace net::rfc6455 {
namespace {

constexpr std::uint8_t continuation = 0x0, text = 0x1, binary = 0x2, close = 0x8, ping = 0x9,
                       pong = 0xA;
constexpr std::uint8_t fin_bit = 0x80, rsv1_bit = 0x40, rsv23_bits = 0x30, mask_bit = 0x80;
constexpr std::size_t control_bytes_max = 125;
constexpr std::size_t kept_capacity = 1'024; // an idle connection keeps no more
constexpr std::uint16_t protocol_error = 1002, bad_payload = 1007, too_big = 1009, no_code = 1005;

bool is_control(std::uint8_t opcode) {
  return (opcode & 0x8) != 0;
}

} // namespace

bool is_close_code(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014)
         || (code >= 3000 && code <= 4999);
}

std::uint8_t
unmask(char* bytes, std::size_t size, const std::array<unsigned char, 4>& mask, std::uint8_t at) {
  std::array<unsigned char, 8> turned;
  for (std::size_t i = 0; i < turned.size(); ++i)
    turned[i] = mask[(at + i) & 3];
  std::uint64_t wide;
  std::memcpy(&wide, turned.data(), sizeof wide);
  std::size_t done = 0;
  for (; size - done >= sizeof wide; done += sizeof wide) {
    std::uint64_t eight;
    std::memcpy(&eight, bytes + done, sizeof eight);
    eight ^= wide;
    std::memcpy(bytes + done, &eight, sizeof eight);
  }
  for (; done < size; ++done)
    bytes[done] = static_cast<char>(static_cast<unsigned char>(bytes[done]) ^ turned[done & 7]);
  return static_cast<std::uint8_t>((at + size) & 3);
}

bool message_reader::fail(std::uint16_t code, std::string_view why) {
  code_ = code;
  data_ = why;
  return false;
}

found message_reader::broken(std::uint16_t code, std::string_view why) {
  fail(code, why);
  return found::broken;
}

void message_reader::forget_given() {
  if (!is_given_)
    return;
  is_given_ = false;
  assembled_.clear();
  if (assembled_.capacity() > kept_capacity)
    std::string{}.swap(assembled_);
}

std::size_t message_reader::header_needed() const {
  if (header_size_ < 2)
    return 2;
  const auto length = header_[1] & 0x7F;
  return 2 + (length == 126 ? 2u : length == 127 ? 8u : 0u) + mask_.size();
}

found message_reader::read(char*& at, char* end) {
  forget_given();
  for (;;) {
    if (!is_in_frame_) {
      while (header_size_ < header_needed()) {
        if (at == end)
          return found::nothing;
        header_[header_size_++] = static_cast<unsigned char>(*at++);
        if (header_size_ == 2 && !check_start())
          return found::broken;
      }
      if (!begin_frame())
        return found::broken;
    }
    if (at == end && left_ > 0)
      return found::nothing;
    if (const auto what = take_payload(at, end); what != found::nothing)
      return what;
  }
}

/// §5.2, §5.4, §5.5: what the first two bytes decide.
bool message_reader::check_start() {
  const auto first = header_[0], second = header_[1];
  const auto opcode = static_cast<std::uint8_t>(first & 0x0F);
  const bool is_final = (first & fin_bit) != 0;
  const auto no = [this](std::string_view why) { return fail(protocol_error, why); };
  if ((first & rsv23_bits) != 0)
    return no("reserved bits");
  if ((first & rsv1_bit) != 0 && (!is_deflate_agreed_ || (opcode != text && opcode != binary)))
    return no("reserved bits");
  if (opcode > pong || (opcode > binary && opcode < close))
    return no("reserved opcode");
  if ((second & mask_bit) == 0)
    return no("unmasked frame");
  if (is_control(opcode)) {
    if (!is_final)
      return no("fragmented control frame");
    if ((second & 0x7F) > control_bytes_max)
      return no("long control frame");
  } else if ((opcode == continuation) != is_in_message_) {
    return no(is_in_message_ ? "message within a message" : "continuation of nothing");
  }
  return true;
}

bool message_reader::begin_frame() {
  const auto length = header_[1] & 0x7F;
  const auto size_bytes = length == 126 ? 2u : length == 127 ? 8u : 0u;
  left_ = size_bytes == 0 ? static_cast<std::uint64_t>(length) : 0;
  for (std::size_t i = 0; i < size_bytes; ++i)
    left_ = left_ << 8 | header_[2 + i];
  std::copy_n(header_.begin() + 2 + size_bytes, mask_.size(), mask_.begin());
  opcode_ = header_[0] & 0x0F;
  is_final_ = (header_[0] & fin_bit) != 0;
  const bool has_rsv1 = (header_[0] & rsv1_bit) != 0;
  header_size_ = 0;
  mask_at_ = 0;
  if ((size_bytes == 2 && left_ < 126) || (size_bytes == 8 && left_ < 65'536))
    return fail(protocol_error, "length not minimal");
  is_in_frame_ = true;
  if (is_control(opcode_)) {
    control_.clear();
    return true;
  }
  if (opcode_ != continuation) {
    is_in_message_ = true;
    is_binary_ = opcode_ == binary;
    is_compressed_ = has_rsv1;
    text_.reset();
  }
  if (left_ > bytes_max_ || assembled_.size() > bytes_max_ - left_)
    return fail(too_big, "message too big");
  return true;
}

found message_reader::take_payload(char*& at, char* end) {
  const auto size =
    static_cast<std::size_t>(std::min<std::uint64_t>(left_, static_cast<std::uint64_t>(end - at)));
  mask_at_ = unmask(at, size, mask_, mask_at_);
  const std::string_view part{at, size};
  at += size;
  left_ -= size;
  is_in_frame_ = left_ > 0;
  if (is_control(opcode_)) {
    control_.append(part);
    return is_in_frame_ ? found::nothing : on_control();
  }
  if (!is_binary_ && !is_compressed_ && !text_.add(part))
    return broken(bad_payload, "not UTF-8");
  const bool is_whole = is_final_ && !is_in_frame_;
  if (is_whole && assembled_.empty()) {
    data_ = part;
  } else {
    assembled_.append(part);
    data_ = assembled_;
  }
  return is_whole ? on_message() : found::nothing;
}

found message_reader::on_message() {
  is_in_message_ = false;
  is_given_ = true;
  if (is_compressed_) {
    std::string inflated;
    switch (inflate_message(data_, bytes_max_, inflated)) {
    case inflated_as::whole:
      break;
    case inflated_as::too_big:
      return broken(too_big, "message too big");
    case inflated_as::garbage:
      return broken(bad_payload, "not compressed data");
    }
    assembled_ = std::move(inflated);
    data_ = assembled_;
    if (!is_binary_ && !text_.add(data_))
      return broken(bad_payload, "not UTF-8");
  }
  if (!is_binary_ && !text_.is_whole())
    return broken(bad_payload, "not UTF-8");
  return found::message;
}

found message_reader::on_control() {
  data_ = control_;
  if (opcode_ == ping)
    return found::ping;
  if (opcode_ == pong)
    return found::pong;
  // §5.5.1, §7.4
  code_ = no_code;
  if (data_.empty())
    return found::close;
  if (data_.size() < 2)
    return broken(protocol_error, "half a close code");
  code_ = static_cast<std::uint16_t>(
    static_cast<unsigned char>(data_[0]) << 8 | static_cast<unsigned char>(data_[1]));
  data_.remove_prefix(2);
  if (!is_close_code(code_))
    return broken(protocol_error, "unknown close code");
  if (!is_utf8(data_))
    return broken(bad_payload, "not UTF-8");
  return found::close;
}

} // namespace net::rfc6455
