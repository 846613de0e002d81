#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Numbers as people read them. Never wider than 8 characters.
namespace ctl {

/// 0 · 950 · 12.3k · 4.56M
std::string human_count(std::uint64_t n);
/// 0 · 850µs · 12.3ms · 4.2s · 12m · 3h05 · 2d04
std::string human_duration(std::uint64_t microseconds);
/// The columns a terminal needs for the text: code points, which is right for what we print.
std::size_t display_width(std::string_view utf8);
/// Cut to `width` columns, the last one then being "…".
std::string shortened(std::string_view utf8, std::size_t width);
/// Without control characters: what clients chose as a name must not steer the operator's terminal.
std::string printable(std::string_view utf8);

} // namespace ctl
