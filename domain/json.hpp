#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace domain {

/// Appends `text` as a JSON string with its quotes. `text` is UTF-8; invalid bytes become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

/// Writes one JSON object, key by key: `json_object o; o.text("id", x).number("n", 1); o.take()`.
class json_object {
public:
  json_object& text(std::string_view key, std::string_view value);
  json_object& text_or_null(std::string_view key, std::string_view value); // empty → null
  json_object& number(std::string_view key, std::int64_t value);
  json_object& number(std::string_view key, std::uint64_t value);
  json_object& real(std::string_view key, double value);
  json_object& boolean(std::string_view key, bool value);
  json_object& raw(std::string_view key, std::string_view json); // already JSON
  /// Closes the object and gives it away.
  std::string take();

private:
  void key(std::string_view name);
  std::string out_ = "{";
};

using json_scalar = std::variant<bool, double, std::string>;
/// The members of an object that holds nothing but strings, numbers and booleans; nothing when the
/// text is not one. The last of equal names counts.
std::optional<std::vector<std::pair<std::string, json_scalar>>>
read_flat_object(std::string_view json);

} // namespace domain
