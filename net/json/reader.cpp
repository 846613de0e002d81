// RFC 8259, with bounds. RapidJSON's own limits are not enough: it has no depth bound, keeps
// duplicate keys and lets a lone low surrogate through in some versions, so every token passes the
// guard first.
#include "net/json/reader.hpp"

#include "domain/limits.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <vector>

namespace net::json {
namespace {

namespace limits = domain::limits;

/// Keys that are members of every object in a JavaScript client: a name like these would change
/// what others read there.
bool is_poisonous(std::string_view key) {
  return key == "__proto__" || key == "constructor" || key == "prototype";
}

/// UTF-8 of U+D800…U+DFFF: made by a lone `\udc00`, and by nothing that is valid.
bool has_surrogate(std::string_view text) {
  for (auto at = text.find('\xED'); at != text.npos; at = text.find('\xED', at + 1))
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0)
      return true;
  return false;
}

/// Stands between RapidJSON's reader and the document it builds: refuses at the first token too
/// many.
class guard {
public:
  using Ch = char;

  explicit guard(rapidjson::Document& next) : next_(next) {}
  const char* refusal() const { return refusal_; }

  bool Null() { return count() && next_.Null(); }
  bool Bool(bool b) { return count() && next_.Bool(b); }
  // Not called: numbers come as text.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  /// RapidJSON's own conversion at full precision counts the leading zeros of a zero (`0e69`),
  /// which is undefined. The text is a JSON number by its grammar.
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    if (!count())
      return false;
    const auto* end = text + size;
    if (std::string_view{text, size}.find_first_of(".eE") == std::string_view::npos) {
      std::int64_t whole = 0;
      if (std::from_chars(text, end, whole).ec == std::errc{})
        return next_.Int64(whole);
      std::uint64_t positive = 0;
      if (*text != '-' && std::from_chars(text, end, positive).ec == std::errc{})
        return next_.Uint64(positive);
    }
    double d = 0;
    if (std::from_chars(text, end, d).ec != std::errc{})
      d = std::strtod(std::string{text, size}.c_str(), nullptr); // tells too big from too small
    return std::isfinite(d) ? next_.Double(d) : refuse("A number is too big");
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
    if (key.size() > limits::json_key_bytes)
      return refuse("A key is too long");
    if (keys_.size() - first >= limits::json_keys)
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

private:
  struct key_place {
    std::size_t offset;
    std::size_t size;
  };

  bool refuse(const char* why) {
    refusal_ = why;
    return false;
  }
  bool count() { return ++values_ <= limits::json_values || refuse("There are too many values"); }
  bool enter() {
    return count() && (++depth_ <= limits::json_depth || refuse("It is nested too deeply"));
  }

  rapidjson::Document& next_;
  const char* refusal_ = nullptr;
  std::size_t values_ = 0;
  std::size_t depth_ = 0;
  std::string key_bytes_; // of the objects that are open
  std::vector<key_place> keys_;
  std::vector<std::size_t> objects_; // where each open object's keys begin
};

struct guarded_text {
  std::string_view text;
  std::string failure;

  bool operator()(rapidjson::Document& into) {
    constexpr unsigned flags = rapidjson::kParseIterativeFlag
                               | rapidjson::kParseValidateEncodingFlag
                               | rapidjson::kParseNumbersAsStringsFlag;
    rapidjson::MemoryStream bytes{text.data(), text.size()};
    rapidjson::Reader reader;
    guard each{into};
    const auto outcome = reader.Parse<flags>(bytes, each);
    if (!outcome.IsError())
      return true;
    failure = "Invalid JSON: ";
    failure +=
      each.refusal() != nullptr ? each.refusal() : rapidjson::GetParseError_En(outcome.Code());
    return false;
  }
};

} // namespace

domain::result<rapidjson::Document> parse(std::string_view text) {
  // A zero byte is never legal in JSON, and RapidJSON takes it for the end: what follows would go
  // unread.
  if (text.empty() || std::memchr(text.data(), 0, text.size()) != nullptr)
    return domain::error{
      domain::errc::bad_request, "Invalid JSON: it is empty or holds a zero byte", {}, {}};
  guarded_text source{text, {}};
  rapidjson::Document made;
  made.Populate(source);
  if (!source.failure.empty())
    return domain::error{domain::errc::bad_request, std::move(source.failure), {}, {}};
  return made;
}

std::string write(const rapidjson::Value& v) {
  rapidjson::StringBuffer bytes;
  rapidjson::Writer<rapidjson::StringBuffer> writer{bytes};
  v.Accept(writer);
  return {bytes.GetString(), bytes.GetSize()};
}

} // namespace net::json
