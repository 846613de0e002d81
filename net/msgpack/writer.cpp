// MessagePack specification, "Formats".
#include "net/msgpack/writer.hpp"

#include "net/json/guard.hpp"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <bit>
#include <cstring>

namespace net::msgpack {
namespace {

enum kind : unsigned char {
  fix_map = 0x80,
  fix_array = 0x90,
  fix_text = 0xa0,
  nil_byte = 0xc0,
  false_byte = 0xc2,
  true_byte = 0xc3,
  binary_8 = 0xc4,
  float_64 = 0xcb,
  unsigned_8 = 0xcc,
  signed_8 = 0xd0,
  text_8 = 0xd9,
  array_16 = 0xdc,
  map_16 = 0xde,
};

void append_big_endian(std::string& out, std::uint64_t number, unsigned bytes) {
  while (bytes-- > 0)
    out.push_back(static_cast<char>(number >> (8 * bytes) & 0xFF));
}

/// RapidJSON's events, written as they come. JSON tells a container's size at its end, MessagePack
/// at its start: one byte is kept free for it, and few have to move when more are needed.
class transcoder {
public:
  using Ch = char;
  transcoder(writer& to, std::string& out) : to_(to), out_(out) {}

  bool Null() { return done(to_.nil()); }
  bool Bool(bool b) { return done(to_.boolean(b)); }
  bool Int(int i) { return Int64(i); }
  bool Uint(unsigned u) { return Uint64(u); }
  bool Int64(std::int64_t i) { return done(to_.number(i)); }
  bool Uint64(std::uint64_t u) { return done(to_.number(u)); }
  bool Double(double d) { return done(to_.real(d)); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return net::json::put_number({text, size}, *this);
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return done(to_.text({text, size}));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) { return String(text, size, true); }
  bool StartObject() { return open(); }
  bool EndObject(rapidjson::SizeType members) { return close(members, fix_map, map_16); }
  bool StartArray() { return open(); }
  bool EndArray(rapidjson::SizeType elements) { return close(elements, fix_array, array_16); }

private:
  static bool done(writer&) { return true; }
  bool open() {
    open_.push_back(out_.size());
    out_.push_back(0);
    return true;
  }
  bool close(rapidjson::SizeType size, unsigned char fixed, unsigned char wide) {
    const auto at = open_.back();
    open_.pop_back();
    std::string head;
    if (size < 16) {
      head.push_back(static_cast<char>(fixed | size));
    } else {
      const bool is_long = size > 0xFFFF;
      head.push_back(static_cast<char>(wide + (is_long ? 1 : 0)));
      append_big_endian(head, size, is_long ? 4 : 2);
    }
    out_.replace(at, 1, head);
    return true;
  }

  writer& to_;
  std::string& out_;
  std::vector<std::size_t> open_; // where the containers begin that are not closed yet
};

template <class Handler>
bool read_json(std::string_view text, Handler& handler) {
  constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag
                             | rapidjson::kParseNumbersAsStringsFlag;
  // A zero byte is the end to RapidJSON: what follows would go unread.
  if (text.empty() || std::memchr(text.data(), 0, text.size()) != nullptr)
    return false;
  rapidjson::MemoryStream bytes{text.data(), text.size()};
  rapidjson::Reader reader;
  return !reader.Parse<flags>(bytes, handler).IsError();
}

/// The attachment that an object stands for; nullptr: it is none.
const std::string*
attachment_of(const rapidjson::Value& v, const std::vector<std::string>& attachments) {
  if (attachments.empty())
    return nullptr;
  const auto mark = v.FindMember("_placeholder");
  if (mark == v.MemberEnd() || !mark->value.IsTrue())
    return nullptr;
  const auto number = v.FindMember("num");
  if (number == v.MemberEnd() || !number->value.IsUint())
    return nullptr;
  const auto index = number->value.GetUint();
  return index < attachments.size() ? &attachments[index] : nullptr;
}

} // namespace

void writer::head(unsigned char kind, std::uint64_t number, unsigned bytes) {
  out_.push_back(static_cast<char>(kind));
  append_big_endian(out_, number, bytes);
}

writer& writer::nil() {
  head(nil_byte, 0, 0);
  return *this;
}

writer& writer::boolean(bool value) {
  head(value ? true_byte : false_byte, 0, 0);
  return *this;
}

writer& writer::number(std::uint64_t value) {
  if (value < 0x80)
    append_big_endian(out_, value, 1);
  else if (value <= 0xFF)
    head(unsigned_8, value, 1);
  else if (value <= 0xFFFF)
    head(unsigned_8 + 1, value, 2);
  else if (value <= 0xFFFF'FFFF)
    head(unsigned_8 + 2, value, 4);
  else
    head(unsigned_8 + 3, value, 8);
  return *this;
}

writer& writer::number(std::int64_t value) {
  if (value >= 0)
    return number(static_cast<std::uint64_t>(value));
  const auto bits = static_cast<std::uint64_t>(value);
  if (value >= -32)
    append_big_endian(out_, bits, 1);
  else if (value >= INT8_MIN)
    head(signed_8, bits, 1);
  else if (value >= INT16_MIN)
    head(signed_8 + 1, bits, 2);
  else if (value >= INT32_MIN)
    head(signed_8 + 2, bits, 4);
  else
    head(signed_8 + 3, bits, 8);
  return *this;
}

writer& writer::real(double value) {
  head(float_64, std::bit_cast<std::uint64_t>(value), 8);
  return *this;
}

writer& writer::text(std::string_view utf8) {
  const auto size = utf8.size();
  if (size < 32)
    out_.push_back(static_cast<char>(fix_text | size));
  else if (size <= 0xFF)
    head(text_8, size, 1);
  else if (size <= 0xFFFF)
    head(text_8 + 1, size, 2);
  else
    head(text_8 + 2, size, 4);
  out_.append(utf8);
  return *this;
}

writer& writer::binary(std::string_view bytes) {
  const auto size = bytes.size();
  if (size <= 0xFF)
    head(binary_8, size, 1);
  else if (size <= 0xFFFF)
    head(binary_8 + 1, size, 2);
  else
    head(binary_8 + 2, size, 4);
  out_.append(bytes);
  return *this;
}

writer& writer::array(std::size_t elements) {
  if (elements < 16)
    out_.push_back(static_cast<char>(fix_array | elements));
  else if (elements <= 0xFFFF)
    head(array_16, elements, 2);
  else
    head(array_16 + 1, elements, 4);
  return *this;
}

writer& writer::map(std::size_t entries) {
  if (entries < 16)
    out_.push_back(static_cast<char>(fix_map | entries));
  else if (entries <= 0xFFFF)
    head(map_16, entries, 2);
  else
    head(map_16 + 1, entries, 4);
  return *this;
}

writer& writer::raw(std::string_view bytes) {
  out_.append(bytes);
  return *this;
}

writer& writer::json(std::string_view text) {
  const auto before = out_.size();
  transcoder to{*this, out_};
  if (read_json(text, to))
    return *this;
  out_.resize(before);
  return nil();
}

bool writer::json_from_outside(std::string_view text) {
  const auto before = out_.size();
  transcoder to{*this, out_};
  net::json::guard<transcoder> each{to};
  if (read_json(text, each))
    return true;
  out_.resize(before);
  return false;
}

writer& writer::value(const rapidjson::Value& v, const std::vector<std::string>& attachments) {
  if (v.IsObject()) {
    if (const auto* bytes = attachment_of(v, attachments))
      return binary(*bytes);
    map(v.MemberCount());
    for (const auto& [name, each] : v.GetObject()) {
      text({name.GetString(), name.GetStringLength()});
      value(each, attachments);
    }
    return *this;
  }
  if (v.IsArray()) {
    array(v.Size());
    for (const auto& each : v.GetArray())
      value(each, attachments);
    return *this;
  }
  transcoder to{*this, out_};
  v.Accept(to);
  return *this;
}

} // namespace net::msgpack
