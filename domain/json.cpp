// RFC 8259
#include "domain/json.hpp"

#include "domain/text.hpp"

#include <rapidjson/reader.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace domain {

namespace {

/// What becomes of a byte inside a string: 0 copied as it is, 1 looked at (UTF-8), else escaped
/// ('u': \u00XX).
constexpr std::array<char, 256> make_actions() {
  std::array<char, 256> actions{};
  for (std::size_t i = 0; i < 0x20; ++i)
    actions[i] = 'u';
  for (std::size_t i = 0x80; i < 0x100; ++i)
    actions[i] = 1;
  actions['\b'] = 'b';
  actions['\t'] = 't';
  actions['\n'] = 'n';
  actions['\f'] = 'f';
  actions['\r'] = 'r';
  actions['"'] = '"';
  actions['\\'] = '\\';
  return actions;
}
constexpr auto actions = make_actions();
constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view hex = "0123456789abcdef";

char action_of(char c) {
  return actions[static_cast<unsigned char>(c)];
}

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

} // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.reserve(out.size() + text.size() + 2);
  out += '"';
  std::size_t run = 0; // where the bytes begin that are not copied yet
  std::size_t i = 0;
  while (i < text.size()) {
    const char action = action_of(text[i]);
    if (action == 0) {
      ++i;
      continue;
    }
    if (action == 1) {
      const auto step = next_character(text.substr(i));
      if (!step.character) {
        out.append(text, run, i - run);
        out += replacement;
        run = i + step.bytes;
      }
      i += step.bytes;
      continue;
    }
    out.append(text, run, i - run);
    out += '\\';
    out += action;
    if (action == 'u') {
      const auto byte = static_cast<unsigned char>(text[i]);
      out += "00";
      out += hex[byte >> 4u];
      out += hex[byte & 0xFu];
    }
    run = ++i;
  }
  out.append(text, run, text.size() - run);
  out += '"';
}

void json_object::key(std::string_view name) {
  if (out_.size() > 1)
    out_ += ',';
  append_json_string(out_, name);
  out_ += ':';
}

json_object& json_object::text(std::string_view name, std::string_view value) {
  key(name);
  append_json_string(out_, value);
  return *this;
}

json_object& json_object::text_or_null(std::string_view name, std::string_view value) {
  return value.empty() ? raw(name, "null") : text(name, value);
}

json_object& json_object::number(std::string_view name, std::int64_t value) {
  key(name);
  append_number(out_, value);
  return *this;
}

json_object& json_object::number(std::string_view name, std::uint64_t value) {
  key(name);
  append_number(out_, value);
  return *this;
}

json_object& json_object::real(std::string_view name, double value) {
  if (!std::isfinite(value)) // JSON has no word for these
    return raw(name, "null");
  key(name);
  append_number(out_, value);
  return *this;
}

json_object& json_object::boolean(std::string_view name, bool value) {
  return raw(name, value ? "true" : "false");
}

json_object& json_object::raw(std::string_view name, std::string_view json) {
  key(name);
  out_ += json;
  return *this;
}

std::string json_object::take() {
  out_ += '}';
  return std::move(out_);
}

// -- reading --------------------------------------------------------------------------------------

namespace {

/// Stops at whatever is nested, so depth is no question.
struct flat_members : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, flat_members> {
  std::vector<std::pair<std::string, json_scalar>> members;
  std::string name;
  bool is_inside = false;

  bool Default() { return false; } // null, an array, a number that is no double
  bool StartObject() { return !std::exchange(is_inside, true); }
  bool EndObject(rapidjson::SizeType) { return true; }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    name.assign(text, size);
    return true;
  }
  bool Bool(bool v) { return add(v); }
  bool Int(int v) { return add(static_cast<double>(v)); }
  bool Uint(unsigned v) { return add(static_cast<double>(v)); }
  bool Int64(std::int64_t v) { return add(static_cast<double>(v)); }
  bool Uint64(std::uint64_t v) { return add(static_cast<double>(v)); }
  bool Double(double v) { return add(v); }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return add(std::string{text, size});
  }

  bool add(json_scalar value) {
    if (!is_inside)
      return false;
    for (auto& [known, old] : members)
      if (known == name) {
        old = std::move(value);
        return true;
      }
    members.emplace_back(name, std::move(value));
    return true;
  }
};

} // namespace

std::optional<std::vector<std::pair<std::string, json_scalar>>>
read_flat_object(std::string_view json) {
  rapidjson::MemoryStream bytes{json.data(), json.size()};
  rapidjson::Reader reader;
  flat_members all;
  if (!reader.Parse<rapidjson::kParseValidateEncodingFlag>(bytes, all) || !all.is_inside)
    return std::nullopt;
  return std::move(all.members);
}

} // namespace domain
