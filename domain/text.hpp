#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace domain {

/// One step through UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
struct utf8_step {
  std::size_t bytes = 0;             // how far to go on; for invalid bytes their maximal subpart
  std::optional<char32_t> character; // nothing: these bytes are not UTF-8
};
/// The first character of `text`, which is not empty.
utf8_step next_character(std::string_view text);

/// Code points; nothing when it is not UTF-8.
std::optional<std::size_t> count_characters(std::string_view text);
/// Without Unicode white space at both ends, as JavaScript's trim() does.
std::string_view trim(std::string_view text);
/// A–Z to a–z; the rest stays.
std::string to_lower_ascii(std::string_view text);
/// Has it characters below U+0020, or U+007F?
bool has_control_characters(std::string_view text);

} // namespace domain
