#pragma once

#include <cstdint>
#include <string_view>

namespace domain {

enum class role : std::uint8_t { user, moderator, admin };
std::string_view to_string(role r);
/// Nothing but the three names is a role.
bool parse_role(std::string_view text, role& out);

} // namespace domain
