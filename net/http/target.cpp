#include "net/http/target.hpp"

#include "net/utf8.hpp"

#include <algorithm>

namespace net::http {

namespace {

int hex(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

bool unescape(std::string_view text, bool plus_is_space, std::string& out) {
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
        return false;
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  return true;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

bool hides_slash(std::string_view raw, std::string_view decoded) {
  return std::count(raw.begin(), raw.end(), '/') != std::count(decoded.begin(), decoded.end(), '/')
         || decoded.find('\\') != std::string_view::npos;
}

/// `http://host/path?…` → `/path?…`
std::string_view without_authority(std::string_view target) {
  if (target.empty() || target.front() == '/')
    return target;
  const auto scheme = target.find("://");
  if (scheme == std::string_view::npos)
    return target;
  const auto path = target.find_first_of("/?", scheme + 3);
  return path == std::string_view::npos ? std::string_view{} : target.substr(path);
}

bool split_query(std::string_view text, target_parts& out) {
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (part.empty())
      continue;
    const auto equal = part.find('=');
    std::string name;
    std::string value;
    if (!unescape(part.substr(0, equal), true, name))
      return false;
    if (equal != std::string_view::npos && !unescape(part.substr(equal + 1), true, value))
      return false;
    out.query.emplace_back(std::move(name), std::move(value));
  }
  return true;
}

} // namespace

std::optional<target_parts> split_target(std::string_view target) {
  target = without_authority(target);
  const auto mark = target.find('?');
  const auto raw_path = target.substr(0, mark);
  target_parts out;
  if (
    !unescape(raw_path, false, out.path) || has_control(out.path) || !is_utf8(out.path)
    || hides_slash(raw_path, out.path))
    return std::nullopt;
  if (out.path.empty())
    out.path += '/';
  if (mark != std::string_view::npos && !split_query(target.substr(mark + 1), out))
    return std::nullopt;
  return out;
}

std::string escape_query(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                          || std::string_view{"-._~:,"}.find(c) != std::string_view::npos;
    if (is_plain) {
      out += c;
    } else {
      const auto u = static_cast<unsigned char>(c);
      out += '%';
      out += digits[u >> 4];
      out += digits[u & 15];
    }
  }
  return out;
}

} // namespace net::http
