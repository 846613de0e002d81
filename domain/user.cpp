#include "domain/user.hpp"

#include "domain/text.hpp"
#include "domain/validation.hpp"

#include <algorithm>
#include <array>

namespace domain {

namespace {

constexpr std::array<std::string_view, 3> role_names{"user", "moderator", "admin"};

constexpr std::size_t email_bytes_max = 254; // RFC 5321 §4.5.3.1
constexpr std::size_t local_part_bytes_max = 64;
constexpr std::size_t label_bytes_max = 63;
constexpr std::size_t password_bytes_max = 256; // what Argon2 is made to chew per sign-up

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_alphanumeric(char c) {
  return is_upper(c) || is_lower(c) || is_digit(c);
}

bool is_atom_character(char c) {
  return is_alphanumeric(c) || static_cast<unsigned char>(c) >= 0x80
         || std::string_view{".!#$%&'*+/=?^_`{|}~-"}.find(c) != std::string_view::npos;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= label_bytes_max && label.front() != '-'
         && label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
              return is_alphanumeric(c) || c == '-' || static_cast<unsigned char>(c) >= 0x80;
            });
}

bool is_host_name(std::string_view name) {
  std::size_t labels = 0;
  for (;;) {
    const auto dot = name.find('.');
    if (!is_label(name.substr(0, dot)))
      return false;
    ++labels;
    if (dot == std::string_view::npos)
      return labels >= 2;
    name.remove_prefix(dot + 1);
  }
}

/// The sane part of RFC 5321's addresses: dot-atom@host.name, without quotes and literals.
bool is_email(std::string_view text) {
  const auto at = text.find('@');
  if (text.size() > email_bytes_max || at == std::string_view::npos || !count_characters(text))
    return false;
  const auto local = text.substr(0, at);
  return !local.empty() && local.size() <= local_part_bytes_max && local.front() != '.'
         && local.back() != '.' && local.find("..") == std::string_view::npos
         && std::all_of(local.begin(), local.end(), is_atom_character)
         && is_host_name(text.substr(at + 1));
}

bool is_username(std::string_view text) {
  return text.size() >= 2 && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
           return is_alphanumeric(c) || c == '_';
         });
}

bool is_person_name(std::string_view text) {
  const auto characters = count_characters(text);
  return characters && *characters >= 2 && *characters <= 50 && !has_control_characters(text);
}

void check_password(std::string_view text, std::vector<violation>& broken) {
  const auto need = [&](bool holds, const char* rule) {
    if (!holds)
      broken.push_back({"password", rule});
  };
  const auto characters = count_characters(text);
  need(characters && *characters >= 8, "must have at least 8 characters");
  need(text.size() <= password_bytes_max, "must have at most 256 bytes");
  need(std::any_of(text.begin(), text.end(), is_upper), "must contain an upper case letter");
  need(std::any_of(text.begin(), text.end(), is_lower), "must contain a lower case letter");
  need(std::any_of(text.begin(), text.end(), is_digit), "must contain a digit");
}

} // namespace

std::string_view to_string(role r) {
  return role_names[static_cast<std::size_t>(r)];
}

bool parse_role(std::string_view text, role& out) {
  const auto found = std::find(role_names.begin(), role_names.end(), text);
  if (found == role_names.end())
    return false;
  out = static_cast<role>(found - role_names.begin());
  return true;
}

result<registration> check(registration input) {
  input.email = to_lower_ascii(trim(input.email));
  input.name = std::string{trim(input.name)};
  std::vector<violation> broken;
  if (!is_email(input.email))
    broken.push_back({"email", "must be an email address"});
  if (!is_username(input.username))
    broken.push_back({"username", "must be 2 to 32 of A-Z, a-z, 0-9 and _"});
  if (!is_person_name(input.name))
    broken.push_back({"name", "must have 2 to 50 characters"});
  check_password(input.password, broken);
  if (!broken.empty())
    return validation_failed(std::move(broken));
  return input;
}

} // namespace domain
