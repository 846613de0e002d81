#include "domain/room.hpp"

#include "domain/limits.hpp"
#include "domain/text.hpp"
#include "domain/validation.hpp"

#include <algorithm>
#include <array>

namespace domain {

namespace {

constexpr std::array<std::string_view, 3> type_names{"public", "private", "direct"};
constexpr std::array<std::string_view, 3> role_names{"member", "moderator", "owner"};
constexpr std::size_t id_bytes_max = 64;

template <class Enum>
bool parse(const std::array<std::string_view, 3>& names, std::string_view text, Enum& out) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end())
    return false;
  out = static_cast<Enum>(found - names.begin());
  return true;
}

bool is_id_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'
         || c == '.' || c == ':' || c == '-';
}

} // namespace

std::string_view to_string(room_type t) {
  return type_names[static_cast<std::size_t>(t)];
}
bool parse_room_type(std::string_view text, room_type& out) {
  return parse(type_names, text, out);
}

std::string_view to_string(room_role r) {
  return role_names[static_cast<std::size_t>(r)];
}
bool parse_room_role(std::string_view text, room_role& out) {
  return parse(role_names, text, out);
}

bool is_valid_room_id(std::string_view text) {
  return !text.empty() && text.size() <= id_bytes_max
         && std::all_of(text.begin(), text.end(), is_id_character);
}

result<new_room> check(new_room input) {
  input.name = std::string{trim(input.name)};
  std::vector<violation> broken;
  const auto characters = count_characters(input.name);
  if (
    !characters || *characters < 1 || *characters > limits::room_name_characters
    || has_control_characters(input.name))
    broken.push_back({"name", "must have 1 to 100 characters"});
  if (input.id && !is_valid_room_id(*input.id))
    broken.push_back({"id", "must be 1 to 64 of A-Z, a-z, 0-9, _, ., : and -"});
  if (!broken.empty())
    return validation_failed(std::move(broken));
  return input;
}

} // namespace domain
