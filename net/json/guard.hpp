// Stands between a reader of outside bytes (RapidJSON's, MessagePack's) and what it builds: refuses
// at the first token too many, so that no format can bring in what another keeps out.
#pragma once

#include "domain/limits.hpp"

#include <rapidjson/rapidjson.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace net::json {

/// Hands a JSON number to `next`, exact to the last bit. RapidJSON's own conversion at full
/// precision counts the leading zeros of a zero (`0e69`), which is undefined. `text` is a JSON
/// number by its grammar. False: beyond double (or `next` refuses).
template <class Next>
bool put_number(std::string_view text, Next& next) {
  const auto* begin = text.data();
  const auto* end = begin + text.size();
  if (text.find_first_of(".eE") == std::string_view::npos) {
    std::int64_t whole = 0;
    if (std::from_chars(begin, end, whole).ec == std::errc{})
      return next.Int64(whole);
    std::uint64_t positive = 0;
    if (*begin != '-' && std::from_chars(begin, end, positive).ec == std::errc{})
      return next.Uint64(positive);
  }
  double d = 0;
  if (std::from_chars(begin, end, d).ec != std::errc{})
    d = std::strtod(std::string{text}.c_str(), nullptr); // tells too big from too small
  return std::isfinite(d) && next.Double(d);
}

/// A SAX handler with the house's bounds (limits::json_…) before `Next`, another SAX handler.
template <class Next>
class guard {
public:
  using Ch = char;

  explicit guard(Next& next) : next_(next) {}
  /// Why it refused; nullptr: it did not.
  const char* refusal() const { return refusal_; }

  bool Null() { return count() && next_.Null(); }
  bool Bool(bool b) { return count() && next_.Bool(b); }
  bool Int(int i) { return Int64(i); }
  bool Uint(unsigned u) { return Uint64(u); }
  bool Int64(std::int64_t i) { return count() && next_.Int64(i); }
  bool Uint64(std::uint64_t u) { return count() && next_.Uint64(u); }
  bool Double(double d) { return count() && next_.Double(d); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return count() && (put_number({text, size}, next_) || refuse("A number is too big"));
  }
  bool String(const char* text, rapidjson::SizeType size, bool copy) {
    if (has_surrogate({text, size}))
      return refuse("A string holds half of a surrogate pair");
    return count() && next_.String(text, size, copy);
  }
  bool StartObject() {
    if (!enter())
      return false;
    objects_.push_back(keys_.size());
    return next_.StartObject();
  }
  bool Key(const char* text, rapidjson::SizeType size, bool copy) {
    const std::string_view key{text, size};
    const auto first = objects_.back();
    if (key.size() > domain::limits::json_key_bytes)
      return refuse("A key is too long");
    if (keys_.size() - first >= domain::limits::json_keys)
      return refuse("An object has too many keys");
    if (is_poisonous(key))
      return refuse("A key is not allowed");
    if (has_surrogate(key))
      return refuse("A key holds half of a surrogate pair");
    for (auto i = first; i < keys_.size(); ++i)
      if (std::string_view{key_bytes_}.substr(keys_[i].offset, keys_[i].size) == key)
        return refuse("An object has the same key twice");
    keys_.push_back({key_bytes_.size(), key.size()});
    key_bytes_.append(key);
    return next_.Key(text, size, copy);
  }
  bool EndObject(rapidjson::SizeType members) {
    const auto first = objects_.back();
    if (first < keys_.size()) {
      key_bytes_.resize(keys_[first].offset);
      keys_.resize(first);
    }
    objects_.pop_back();
    --depth_;
    return next_.EndObject(members);
  }
  bool StartArray() { return enter() && next_.StartArray(); }
  bool EndArray(rapidjson::SizeType elements) {
    --depth_;
    return next_.EndArray(elements);
  }

  bool refuse(const char* why) {
    refusal_ = why;
    return false;
  }

private:
  struct key_place {
    std::size_t offset;
    std::size_t size;
  };

  /// Keys that are members of every object in a JavaScript client: a name like these would change
  /// what others read there.
  static bool is_poisonous(std::string_view key) {
    return key == "__proto__" || key == "constructor" || key == "prototype";
  }
  /// UTF-8 of U+D800…U+DFFF: made by a lone `\udc00`, and by nothing that is valid.
  static bool has_surrogate(std::string_view text) {
    for (auto at = text.find('\xED'); at != text.npos; at = text.find('\xED', at + 1))
      if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0)
        return true;
    return false;
  }
  bool count() {
    return ++values_ <= domain::limits::json_values || refuse("There are too many values");
  }
  bool enter() {
    return count() && (++depth_ <= domain::limits::json_depth || refuse("It is nested too deeply"));
  }

  Next& next_;
  const char* refusal_ = nullptr;
  std::size_t values_ = 0;
  std::size_t depth_ = 0;
  std::string key_bytes_; // of the objects that are open
  std::vector<key_place> keys_;
  std::vector<std::size_t> objects_; // where each open object's keys begin
};

} // namespace net::json
