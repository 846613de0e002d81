#include "net/rfc6455/compression.hpp"

#include "net/http/field_value.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <utility>
#include <zlib.h>

namespace net::rfc6455 {
namespace {

using http::take_until, http::trimmed;

constexpr std::string_view tail{"\x00\x00\xff\xff", 4}; // §7.2.1: left out on the wire
constexpr std::size_t step = 16'384;

/// zlib wants a pointer to bytes that it does not write to.
Bytef* readable(std::string_view bytes) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
}

/// One for each thread that reads; its window is not kept from one message to the next.
class inflater {
public:
  inflater() { ready_ = inflateInit2(&zip_, -15) == Z_OK; }
  ~inflater() { inflateEnd(&zip_); }
  inflater(const inflater&) = delete;

  inflated_as run(std::string_view compressed, std::size_t bytes_max, std::string& into) {
    if (!ready_ || inflateReset(&zip_) != Z_OK)
      return inflated_as::garbage;
    is_at_end_ = false;
    auto how = take(compressed, bytes_max, into);
    if (how != inflated_as::whole || is_at_end_)
      return how;
    how = take(tail, bytes_max, into);
    if (how != inflated_as::whole)
      return how;
    // Bit 7: between two blocks, so nothing is missing.
    return is_at_end_ || (zip_.data_type & 128) != 0 ? inflated_as::whole : inflated_as::garbage;
  }

private:
  inflated_as take(std::string_view part, std::size_t bytes_max, std::string& into) {
    zip_.next_in = readable(part);
    zip_.avail_in = static_cast<uInt>(part.size());
    do {
      zip_.next_out = out_.data();
      zip_.avail_out = out_.size();
      const auto how = ::inflate(&zip_, Z_SYNC_FLUSH);
      const auto made = out_.size() - zip_.avail_out;
      if (made > bytes_max - into.size())
        return inflated_as::too_big;
      into.append(reinterpret_cast<const char*>(out_.data()), made);
      if (how == Z_BUF_ERROR)
        break; // no more to be had
      if (how != Z_OK && how != Z_STREAM_END)
        return inflated_as::garbage;
      is_at_end_ = how == Z_STREAM_END;
      if (is_at_end_)
        inflateReset(&zip_); // §7.2.3.5: a final block, and perhaps more behind it
    } while (zip_.avail_in > 0 || zip_.avail_out == 0);
    return inflated_as::whole;
  }

  z_stream zip_{};
  bool ready_ = false;
  bool is_at_end_ = false;
  std::array<Bytef, step> out_;
};

class deflater {
public:
  explicit deflater(int window_bits) {
    ready_ =
      deflateInit2(&zip_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -window_bits, 8, Z_DEFAULT_STRATEGY)
      == Z_OK;
  }
  ~deflater() { deflateEnd(&zip_); }
  deflater(const deflater&) = delete;

  bool run(std::string_view plain, std::string& into) {
    if (!ready_ || deflateReset(&zip_) != Z_OK)
      return false;
    into.resize(deflateBound(&zip_, static_cast<uLong>(plain.size())) + 16);
    zip_.next_in = readable(plain);
    zip_.avail_in = static_cast<uInt>(plain.size());
    zip_.next_out = reinterpret_cast<Bytef*>(into.data());
    zip_.avail_out = static_cast<uInt>(into.size());
    if (deflate(&zip_, Z_SYNC_FLUSH) != Z_OK || zip_.avail_in > 0)
      return false;
    into.resize(into.size() - zip_.avail_out);
    if (!into.ends_with(tail))
      return false;
    into.resize(into.size() - tail.size());
    return true;
  }

private:
  z_stream zip_{};
  bool ready_ = false;
};

/// At most seven per thread (window bits 9 to 15), made when first needed.
deflater& deflater_of(std::uint8_t window_bits) {
  thread_local std::array<std::unique_ptr<deflater>, 16> all;
  auto& mine = all[window_bits];
  if (mine == nullptr)
    mine = std::make_unique<deflater>(window_bits);
  return *mine;
}

// -- the handshake: §5.1, §7.1 --

/// 8 to 15, as a token or quoted (the same value then), without leading zeros.
std::optional<std::uint8_t> window_bits_of(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  if (value.size() == 1 && (value[0] == '8' || value[0] == '9'))
    return static_cast<std::uint8_t>(value[0] - '0');
  if (value.size() == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5')
    return static_cast<std::uint8_t>(10 + value[1] - '0');
  return std::nullopt;
}

/// One offer's parameters; nothing: it is declined.
std::optional<deflate_agreement> agreement_with(std::string_view parameters) {
  deflate_agreement made;
  bool has_server_bits = false, has_client_bits = false, has_server_none = false,
       has_client_none = false;
  const auto first = [](bool& seen) { return !std::exchange(seen, true); };
  while (!parameters.empty()) {
    auto value = take_until(parameters, ';');
    const bool has_value = value.find('=') != value.npos;
    const auto name = take_until(value, '=');
    value = trimmed(value);
    bool is_good = false;
    if (name == "server_no_context_takeover")
      is_good = first(has_server_none) && !has_value;
    else if (name == "client_no_context_takeover")
      is_good = first(has_client_none) && !has_value;
    else if (name == "client_max_window_bits")
      is_good = first(has_client_bits) && (!has_value || window_bits_of(value));
    else if (name == "server_max_window_bits" && first(has_server_bits))
      if (const auto bits = window_bits_of(value)) {
        made.window_bits = *bits;
        is_good = true;
      }
    if (!is_good)
      return std::nullopt;
  }
  made.answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
  if (has_server_bits)
    made.answer += "; server_max_window_bits=" + std::to_string(made.window_bits);
  return made;
}

} // namespace

std::optional<deflate_agreement> agree_on_deflate(std::string_view offers) {
  while (!offers.empty()) {
    auto offer = take_until(offers, ',');
    if (take_until(offer, ';') != "permessage-deflate")
      continue;
    if (auto made = agreement_with(offer))
      return made;
  }
  return std::nullopt;
}

inflated_as inflate_message(std::string_view compressed, std::size_t bytes_max, std::string& into) {
  thread_local inflater mine;
  if (compressed.size() > std::numeric_limits<uInt>::max())
    return inflated_as::too_big;
  into.clear();
  if (compressed.empty()) // not a stream by §7.2.3.6, but what some make of an empty message
    return inflated_as::whole;
  return mine.run(compressed, bytes_max, into);
}

frame_ptr compress(const frame_ptr& plain, std::uint8_t window_bits) {
  constexpr std::uint8_t bits_min = 9; // zlib has no raw stream with less
  const auto payload = plain->payload();
  // Distances stay within the payload, so a short one fits into any window.
  const bool fits_any = payload.size() <= 256;
  if (plain->compressed || (window_bits < bits_min && !fits_any))
    return plain;
  std::string bytes;
  if (!deflater_of(std::max(window_bits, bits_min)).run(payload, bytes))
    return plain;
  return make_compressed_frame(bytes, plain->binary);
}

frame_ptr compress_if_smaller(const frame_ptr& plain, std::uint8_t window_bits) {
  if (plain->header_size == 0 || plain->payload().size() < compressed_bytes_min)
    return plain;
  auto packed = compress(plain, window_bits);
  return packed->bytes.size() < plain->bytes.size() ? packed : plain;
}

} // namespace net::rfc6455
