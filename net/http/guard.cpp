#include "net/http/guard.hpp"

#include "net/http/field_value.hpp"

#include <algorithm>
#include <array>

namespace net::http {

namespace {

constexpr std::array methods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
// Fields of which a second one would leave it open which counts.
constexpr std::array single_fields{"host",         "content-length", "transfer-encoding",
                                   "content-type", "authorization",  "origin",
                                   "expect"};

constexpr std::array<bool, 256> token_characters = [] {
  std::array<bool, 256> table{};
  for (char c = '0'; c <= '9'; ++c)
    table[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c)
    table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c)
    table[static_cast<unsigned char>(c)] = true;
  for (char c : std::string_view{"!#$%&'*+-.^_`|~"})
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return token_characters[static_cast<unsigned char>(c)];
  });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_control(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u < 0x20 || u == 0x7f;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return lower(x) == lower(y);
         });
}

verdict refuse(int status, const char* reason) {
  verdict v;
  v.status = status;
  v.reason = reason;
  return v;
}

/// Takes one line off the front, without its CRLF.
std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  return line;
}

bool is_host(std::string_view text) {
  if (text.empty() || text.size() > 255 + 6)
    return false;
  std::string_view port;
  if (text.front() == '[') { // an IPv6 address
    const auto end = text.find(']');
    if (end == std::string_view::npos || end < 3)
      return false;
    const auto inside = text.substr(1, end - 1);
    if (inside.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos)
      return false;
    port = text.substr(end + 1);
  } else {
    const auto colon = text.find(':');
    const auto name = text.substr(0, colon);
    const auto is_name = [](char c) {
      return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '.' || c == '-'
             || c == '_';
    };
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_name))
      return false;
    port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  }
  if (port.empty())
    return true;
  return port.front() == ':' && port.size() <= 6
         && std::all_of(port.begin() + 1, port.end(), is_digit);
}

struct request_line {
  std::string_view method;
  std::string_view target;
  std::string_view authority; // of an absolute-form target
  bool is_1_1 = true;
};

verdict check_target(request_line& line) {
  const auto target = line.target;
  if (target.size() > domain::limits::http_target_bytes)
    return refuse(414, "The target is too long");
  const auto is_fine = [](char c) { return c > 0x20 && c < 0x7f && c != '#'; };
  if (target.empty() || !std::all_of(target.begin(), target.end(), is_fine))
    return refuse(400, "The target has a character that it must not have");
  if (target.front() == '/')
    return {};
  if (target == "*")
    return line.method == "OPTIONS" ? verdict{} : refuse(400, "The target * is for OPTIONS only");
  for (std::string_view scheme : {"http://", "https://"})
    if (equal_ignoring_case(target.substr(0, scheme.size()), scheme)) {
      const auto rest = target.substr(scheme.size());
      line.authority = rest.substr(0, rest.find_first_of("/?"));
      return is_host(line.authority) ? verdict{} : refuse(400, "The target names no valid host");
    }
  return refuse(400, "The target is neither a path nor an http address");
}

verdict check_request_line(std::string_view text, request_line& out) {
  const auto first = text.find(' ');
  const auto last = text.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return refuse(400, "The request line must be a method, a target and a version");
  out.method = text.substr(0, first);
  out.target = text.substr(first + 1, last - first - 1);
  const auto version = text.substr(last + 1);
  if (!is_token(out.method))
    return refuse(400, "The method is not a token");
  const bool is_version = version.size() == 8 && version.starts_with("HTTP/")
                          && is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
  if (!is_version)
    return refuse(400, "The version is malformed");
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    return refuse(505, "This server speaks HTTP/1.1");
  out.is_1_1 = version == "HTTP/1.1";
  if (std::find(methods.begin(), methods.end(), out.method) == methods.end())
    return refuse(501, "This method is not implemented");
  return check_target(out);
}

/// Of a line with a colon.
std::pair<std::string_view, std::string_view> split_field(std::string_view line) {
  const auto colon = line.find(':');
  return {line.substr(0, colon), trimmed(line.substr(colon + 1))};
}

struct seen_fields {
  std::array<bool, single_fields.size()> present{};
  std::string_view host, length, encoding, expect;
};

verdict check_field(std::string_view line, seen_fields& seen) {
  if (line.front() == ' ' || line.front() == '\t')
    return refuse(400, "Folded headers are not accepted");
  if (line.find(':') == std::string_view::npos)
    return refuse(400, "A header has no colon");
  const auto [name, value] = split_field(line);
  if (!is_token(name))
    return refuse(400, "A header's name is not a token");
  if (std::any_of(value.begin(), value.end(), [](char c) { return is_control(c) && c != '\t'; }))
    return refuse(400, "A header's value has a control character");
  for (std::size_t i = 0; i < single_fields.size(); ++i)
    if (equal_ignoring_case(name, single_fields[i])) {
      if (seen.present[i])
        return refuse(400, "A header that must be there once is there twice");
      seen.present[i] = true;
      switch (i) {
      case 0:
        seen.host = value;
        break;
      case 1:
        seen.length = value;
        break;
      case 2:
        seen.encoding = value;
        break;
      case 6:
        seen.expect = value;
        break;
      default:
        break;
      }
    }
  return {};
}

/// Reads a length of digits; false: it is above `max`.
bool read_length(std::string_view digits, std::size_t max, std::uint64_t& length) {
  for (const char c : digits) {
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
    if (length > max)
      return false;
  }
  return true;
}

verdict check_body(const request_line& line, const seen_fields& seen, const body_bound& max_body) {
  verdict v;
  if (seen.present[2]) {
    if (!line.is_1_1)
      return refuse(400, "Transfer-Encoding is not part of HTTP/1.0");
    if (seen.present[1])
      return refuse(400, "Transfer-Encoding beside Content-Length");
    if (!equal_ignoring_case(seen.encoding, "chunked"))
      return refuse(400, "The only transfer encoding accepted is chunked");
    v.chunked = true;
  }
  if (
    seen.present[1]
    && (seen.length.empty() || !std::all_of(seen.length.begin(), seen.length.end(), is_digit)))
    return refuse(400, "Content-Length is not a number");
  const bool has_body = v.chunked || seen.length.find_first_not_of('0') != std::string_view::npos;
  if (has_body && (line.method == "GET" || line.method == "HEAD"))
    return refuse(400, "GET and HEAD take no body");
  if (seen.present[6]) {
    if (!equal_ignoring_case(seen.expect, "100-continue"))
      return refuse(417, "The only expectation known is 100-continue");
    v.expects_continue = line.is_1_1 && has_body;
  }
  if (has_body)
    v.body_max = max_body(line.target);
  if (!read_length(seen.length, v.body_max, v.content_length))
    return refuse(413, "The body is too large");
  return v;
}

} // namespace

head_end find_head_end(std::string_view bytes, std::size_t seen) {
  // the byte before counts too: a line's end may have been cut
  for (std::size_t i = seen > 0 ? seen - 1 : 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (c == '\n') {
      if (i == 0 || bytes[i - 1] != '\r')
        return {0, true, i};
      if (i >= 3 && bytes[i - 2] == '\n')
        return {i + 1};
    } else if (c == '\r') {
      if (i + 1 < bytes.size() && bytes[i + 1] != '\n')
        return {0, true, i};
    } else if (is_control(c) && c != '\t') {
      return {0, true, i};
    }
  }
  return {};
}

verdict check_head(std::string_view head, std::size_t max_body) {
  return check_head(head, [max_body](std::string_view) { return max_body; });
}

verdict check_head(std::string_view head, const body_bound& max_body) {
  if (head.size() > domain::limits::http_header_bytes)
    return refuse(431, "The headers are too large");
  const auto end = find_head_end(head);
  if (end.is_bad || end.size != head.size())
    return refuse(400, "The header block is malformed");
  auto rest = head.substr(0, head.size() - 2);
  request_line line;
  if (auto v = check_request_line(take_line(rest), line); v.status != 0)
    return v;
  seen_fields seen;
  for (std::size_t count = 1; !rest.empty(); ++count) {
    if (count > domain::limits::http_header_fields)
      return refuse(431, "There are too many headers");
    if (auto v = check_field(take_line(rest), seen); v.status != 0)
      return v;
  }
  if (!seen.present[0])
    return refuse(400, "Host is missing");
  if (!is_host(seen.host))
    return refuse(400, "Host is malformed");
  if (!line.authority.empty() && !equal_ignoring_case(line.authority, seen.host))
    return refuse(400, "The target and Host name different hosts");
  return check_body(line, seen, max_body);
}

head_view read_head(std::string_view head) {
  auto rest = head.substr(0, head.size() - 2);
  request_line line;
  check_request_line(take_line(rest), line);
  head_view out{line.method, line.target, {}};
  while (!rest.empty())
    out.fields.push_back(split_field(take_line(rest)));
  return out;
}

std::optional<head_view> read_bad_origin(std::string_view bytes, std::size_t bad_at) {
  auto rest = bytes.substr(0, bad_at + 1);
  if (rest.ends_with('\r') || rest.ends_with('\n')) // then it is not clear what a line is
    return std::nullopt;
  request_line line;
  if (check_request_line(take_line(rest), line).status != 0)
    return std::nullopt;
  head_view out{line.method, line.target, {}};
  seen_fields seen;
  while (rest.find("\r\n") != std::string_view::npos) {
    const auto field = take_line(rest);
    if (field.empty() || check_field(field, seen).status != 0)
      return std::nullopt;
    out.fields.push_back(split_field(field));
  }
  constexpr std::string_view origin = "origin:";
  if (!equal_ignoring_case(rest.substr(0, origin.size()), origin))
    return std::nullopt;
  if (std::any_of(out.fields.begin(), out.fields.end(), [](const auto& field) {
        return equal_ignoring_case(field.first, "origin");
      }))
    return std::nullopt; // it would be left open which counts
  out.fields.push_back(split_field(rest));
  return out;
}

} // namespace net::http
