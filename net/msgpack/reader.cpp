// MessagePack specification, "Formats" and "Timestamp extension type"; notepack 2 (the packer of
// socket.io-msgpack-parser) adds fixext 1 type 0 for undefined, fixext 8 type 0 for a date in
// milliseconds, and ext 8/16/32 type 0 for an ArrayBuffer.
#include "net/msgpack/reader.hpp"

#include "domain/text.hpp"
#include "domain/time.hpp"
#include "net/json/guard.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <optional>

namespace net::msgpack {
namespace {

using handler = json::guard<rapidjson::Document>;
namespace limits = domain::limits;

constexpr std::string_view undefined{"\xd4\0\0", 3};
constexpr std::string_view mark = "_placeholder";
constexpr std::int8_t timestamp_type = -1;
constexpr std::int8_t notepack_type = 0;

class parser {
public:
  parser(std::string_view bytes, std::vector<std::string>* attachments, std::size_t attachments_max)
      : rest_(bytes), attachments_(attachments), attachments_max_(attachments_max) {}

  bool operator()(rapidjson::Document& into) {
    handler to{into};
    to_ = &to;
    const bool is_read = run();
    if (!is_read)
      failure = to.refusal() != nullptr ? to.refusal() : "It is cut short";
    to_ = nullptr;
    return is_read;
  }

  std::string failure;

private:
  /// A container whose end has not come.
  struct open {
    bool is_map = false;
    std::uint32_t left = 0; // elements; of a map: entries
    rapidjson::SizeType shown = 0;
    bool is_marked = false; // the key just read is the placeholder's
  };

  bool run() {
    do {
      if (depth_ > 0 && stack_[depth_ - 1].left == 0) {
        if (!close())
          return false;
        continue;
      }
      if (depth_ > 0 && !begin_element())
        return false;
      if (is_skipped_)
        continue;
      if (!value())
        return false;
    } while (depth_ > 0);
    return rest_.empty() || to_->refuse("Something follows the value");
  }

  bool close() {
    const auto& done = stack_[--depth_];
    return done.is_map ? to_->EndObject(done.shown) : to_->EndArray(done.shown);
  }

  /// Of a map: reads the key as well.
  bool begin_element() {
    auto& in = stack_[depth_ - 1];
    --in.left;
    is_skipped_ = false;
    if (in.is_map) {
      const auto key = read_key();
      if (!key)
        return false;
      is_skipped_ = rest_.starts_with(undefined);
      if (is_skipped_) {
        rest_.remove_prefix(undefined.size());
        return true;
      }
      in.is_marked = *key == mark;
      if (!to_->Key(key->data(), static_cast<rapidjson::SizeType>(key->size()), true))
        return false;
    }
    ++in.shown;
    return true;
  }

  std::optional<std::string_view> read_key() {
    if (rest_.empty())
      return std::nullopt;
    const auto kind = next_byte();
    std::optional<std::uint64_t> size;
    if (kind >= 0xa0 && kind <= 0xbf)
      size = kind & 0x1fu;
    else if (kind >= 0xd9 && kind <= 0xdb)
      size = number(1u << (kind - 0xd9u));
    else
      to_->refuse("A key is not a string");
    return size ? text(*size) : std::nullopt;
  }

  bool value() {
    if (rest_.empty())
      return false;
    const auto kind = next_byte();
    if (kind <= 0x7f)
      return to_->Uint64(kind);
    if (kind >= 0xe0)
      return to_->Int64(static_cast<std::int8_t>(kind));
    if (kind <= 0x8f)
      return begin(true, kind & 0x0fu);
    if (kind <= 0x9f)
      return begin(false, kind & 0x0fu);
    if (kind <= 0xbf)
      return string(kind & 0x1fu);
    switch (kind) {
    case 0xc0:
      return to_->Null();
    case 0xc2:
    case 0xc3:
      return boolean(kind == 0xc3);
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return binary(number(1u << (kind - 0xc4u)));
    case 0xc7:
    case 0xc8:
    case 0xc9:
      return extension(number(1u << (kind - 0xc7u)));
    case 0xca:
      return float_32(number(4));
    case 0xcb:
      return float_64(number(8));
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
      return natural(number(1u << (kind - 0xccu)));
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
      return integer(1u << (kind - 0xd0u));
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      return fixed_extension(1u << (kind - 0xd4u));
    case 0xd9:
    case 0xda:
    case 0xdb:
      return string(number(1u << (kind - 0xd9u)));
    case 0xdc:
    case 0xdd:
      return begin(false, number(kind == 0xdc ? 2 : 4));
    case 0xde:
    case 0xdf:
      return begin(true, number(kind == 0xde ? 2 : 4));
    default:
      return to_->refuse("It has a byte that begins no value");
    }
  }

  // -- bytes --

  unsigned char next_byte() {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  /// Big endian. Nothing: the bytes are not there.
  std::optional<std::uint64_t> number(unsigned bytes) {
    if (rest_.size() < bytes)
      return std::nullopt;
    std::uint64_t made = 0;
    while (bytes-- > 0)
      made = made << 8 | next_byte();
    return made;
  }
  std::optional<std::string_view> take(std::uint64_t bytes) {
    if (rest_.size() < bytes)
      return std::nullopt;
    const auto taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }
  std::optional<std::string_view> text(std::uint64_t size) {
    const auto taken = take(size);
    if (taken && !domain::count_characters(*taken)) {
      to_->refuse("A string is not UTF-8");
      return std::nullopt;
    }
    return taken;
  }

  // -- values --

  bool begin(bool is_map, std::optional<std::uint64_t> size) {
    if (!size)
      return false;
    // An element has a byte at least: what cannot come is refused before anything is made of it.
    if (*size > rest_.size() / (is_map ? 2 : 1))
      return false;
    if (!(is_map ? to_->StartObject() : to_->StartArray()))
      return false; // too deep: so the stack below is large enough
    stack_[depth_++] = {is_map, static_cast<std::uint32_t>(*size), 0, false};
    return true;
  }
  bool boolean(bool b) {
    if (b && attachments_ != nullptr && depth_ > 0 && stack_[depth_ - 1].is_marked)
      return to_->refuse("A map looks like an attachment");
    return to_->Bool(b);
  }
  bool string(std::optional<std::uint64_t> size) {
    const auto taken = size ? text(*size) : std::nullopt;
    return taken && put(*taken);
  }
  bool put(std::string_view utf8) {
    return to_->String(utf8.data(), static_cast<rapidjson::SizeType>(utf8.size()), true);
  }
  bool natural(std::optional<std::uint64_t> n) { return n && to_->Uint64(*n); }
  bool integer(unsigned bytes) {
    const auto bits = number(bytes);
    const auto unused = 64 - 8 * bytes;
    return bits && to_->Int64(static_cast<std::int64_t>(*bits << unused) >> unused);
  }
  bool float_32(std::optional<std::uint64_t> bits) {
    return bits && real(std::bit_cast<float>(static_cast<std::uint32_t>(*bits)));
  }
  bool float_64(std::optional<std::uint64_t> bits) {
    return bits && real(std::bit_cast<double>(*bits));
  }
  bool real(double d) { return std::isfinite(d) ? to_->Double(d) : to_->Null(); }

  bool binary(std::optional<std::uint64_t> size) {
    const auto taken = size ? take(*size) : std::nullopt;
    if (!taken)
      return false;
    if (attachments_ == nullptr)
      return to_->refuse("Binary data is not expected here");
    if (attachments_->size() >= attachments_max_)
      return to_->refuse("There are too many attachments");
    attachments_->emplace_back(*taken);
    return to_->StartObject() && to_->Key(mark.data(), mark.size(), true) && to_->Bool(true)
           && to_->Key("num", 3, true) && to_->Uint64(attachments_->size() - 1)
           && to_->EndObject(2);
  }

  bool fixed_extension(unsigned size) {
    const auto type = number(1);
    const auto data = type ? take(size) : std::nullopt;
    if (!data)
      return false;
    const auto of = static_cast<std::int8_t>(*type);
    if (of == notepack_type && size == 1 && data->front() == '\0')
      return to_->Null();
    if (of == notepack_type && size == 8) {
      const auto bits = big_endian(*data);
      return date(static_cast<std::int64_t>(bits));
    }
    return timestamp(of, *data);
  }

  bool extension(std::optional<std::uint64_t> size) {
    const auto type = size ? number(1) : std::nullopt;
    if (!type)
      return false;
    const auto of = static_cast<std::int8_t>(*type);
    if (of == notepack_type)
      return binary(size);
    const auto data = take(*size);
    return data && timestamp(of, *data);
  }

  static std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t made = 0;
    for (const char c : bytes)
      made = made << 8 | static_cast<unsigned char>(c);
    return made;
  }

  bool timestamp(std::int8_t type, std::string_view data) {
    constexpr std::uint64_t second = 1'000'000'000;
    std::uint64_t nanoseconds = 0;
    std::int64_t seconds = 0;
    if (type != timestamp_type)
      return to_->refuse("An extension is not known");
    if (data.size() == 4) {
      seconds = static_cast<std::int64_t>(big_endian(data));
    } else if (data.size() == 8) {
      const auto both = big_endian(data);
      nanoseconds = both >> 34;
      seconds = static_cast<std::int64_t>(both & ((std::uint64_t{1} << 34) - 1));
    } else if (data.size() == 12) {
      nanoseconds = big_endian(data.substr(0, 4));
      seconds = static_cast<std::int64_t>(big_endian(data.substr(4)));
    } else {
      return to_->refuse("A timestamp has the wrong size");
    }
    if (nanoseconds >= second)
      return to_->refuse("A timestamp has too many nanoseconds");
    constexpr std::int64_t far = std::int64_t{1} << 40;
    if (seconds < -far || seconds > far)
      return to_->Null();
    return date(seconds * 1'000 + static_cast<std::int64_t>(nanoseconds / 1'000'000));
  }

  /// As Date.toJSON does; null for a year that has not four digits.
  bool date(std::int64_t milliseconds) {
    constexpr std::int64_t year_0 = -62'167'219'200'000, year_10000 = 253'402'300'800'000;
    if (milliseconds < year_0 || milliseconds >= year_10000)
      return to_->Null();
    return put(domain::to_iso8601(domain::timestamp{std::chrono::milliseconds{milliseconds}}));
  }

  std::string_view rest_;
  std::vector<std::string>* attachments_;
  std::size_t attachments_max_;
  handler* to_ = nullptr;
  std::array<open, limits::json_depth> stack_{};
  std::size_t depth_ = 0;
  bool is_skipped_ = false;
};

domain::error refusal(const std::string& why) {
  return {domain::errc::bad_request, "Invalid MessagePack: " + why, {}, {}};
}

} // namespace

domain::result<json::document> parse(std::string_view bytes) {
  parser source{bytes, nullptr, 0};
  json::document made;
  made.Populate(source);
  if (!source.failure.empty())
    return refusal(source.failure);
  return made;
}

domain::result<with_attachments>
parse_with_attachments(std::string_view bytes, std::size_t attachments_max) {
  with_attachments made;
  parser source{bytes, &made.attachments, attachments_max};
  made.value.Populate(source);
  if (!source.failure.empty())
    return refusal(source.failure);
  return made;
}

} // namespace net::msgpack
