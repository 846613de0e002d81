#include "net/http/response.hpp"

#include "domain/json.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace net::http {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

struct parsed_error {
  int status = 500;
  std::string_view code;
  std::string_view message;
  const std::vector<domain::violation>* details = nullptr;
};

std::string violations_json(const std::vector<domain::violation>* details) {
  std::string out = "[";
  if (details != nullptr)
    for (const auto& d : *details) {
      if (out.size() > 1)
        out += ',';
      out += domain::json_object{}.text("field", d.field).text("message", d.message).take();
    }
  out += ']';
  return out;
}

response render_error(const request& req, const parsed_error& e) {
  response r;
  r.status = e.status;
  const auto details = violations_json(e.details);
  if (has_token(req.header("Accept"), "application/problem+json")) {
    r.content_type = "application/problem+json; charset=utf-8";
    domain::json_object o;
    o.text("type", "about:blank").text("title", reason_phrase(e.status));
    o.number("status", std::int64_t{e.status}).text("detail", e.message).text("instance", req.path);
    o.text("code", e.code).raw("errors", details).text("requestId", req.request_id);
    r.body = o.take();
  } else {
    domain::json_object o;
    o.text("status", "error").text("code", e.code).text("message", e.message);
    o.raw("details", details).text("requestId", req.request_id);
    r.body = o.take();
  }
  r.headers.emplace_back("Cache-Control", "no-store");
  return r;
}

bool is_safe_field(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t';
  });
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  if (!is_safe_field(name) || !is_safe_field(value))
    return;
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

} // namespace

std::string_view reason_phrase(int status) {
  switch (status) {
  case 100:
    return "Continue";
  case 101:
    return "Switching Protocols";
  case 200:
    return "OK";
  case 201:
    return "Created";
  case 202:
    return "Accepted";
  case 204:
    return "No Content";
  case 304:
    return "Not Modified";
  case 400:
    return "Bad Request";
  case 401:
    return "Unauthorized";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 406:
    return "Not Acceptable";
  case 408:
    return "Request Timeout";
  case 409:
    return "Conflict";
  case 413:
    return "Content Too Large";
  case 414:
    return "URI Too Long";
  case 415:
    return "Unsupported Media Type";
  case 417:
    return "Expectation Failed";
  case 422:
    return "Unprocessable Content";
  case 426:
    return "Upgrade Required";
  case 429:
    return "Too Many Requests";
  case 431:
    return "Request Header Fields Too Large";
  case 500:
    return "Internal Server Error";
  case 501:
    return "Not Implemented";
  case 503:
    return "Service Unavailable";
  case 505:
    return "HTTP Version Not Supported";
  default:
    return "Unknown";
  }
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return lower(x) == lower(y);
         });
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const auto end = list.find(',');
    auto part = list.substr(0, end);
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    part = part.substr(0, part.find(';'));
    while (!part.empty() && (part.front() == ' ' || part.front() == '\t'))
      part.remove_prefix(1);
    while (!part.empty() && (part.back() == ' ' || part.back() == '\t'))
      part.remove_suffix(1);
    if (equal_ignoring_case(part, token))
      return true;
  }
  return false;
}

int api_version(const request& req) {
  const std::string_view path = req.path;
  if (path == "/api/v1" || path.starts_with("/api/v1/"))
    return 1;
  if (path == "/api/v2" || path.starts_with("/api/v2/"))
    return 2;
  const auto asked = req.header("Api-Version");
  if (asked.empty() || asked == "v1")
    return 1;
  return asked == "v2" ? 2 : 0;
}

int api_version_or_default(const request& req) {
  return std::max(api_version(req), 1);
}

response json_response(int status, std::string body) {
  response r;
  r.status = status;
  r.body = std::move(body);
  r.headers.emplace_back("Cache-Control", "no-store");
  return r;
}

response error_response(const request& req, const domain::error& why) {
  const auto& row = domain::describe(why.code);
  parsed_error e{row.http_status, row.wire_name, why.message, &why.details};
  const bool is_internal = row.http_status == 500;
  if (is_internal) {
    e.message = "Something went wrong on our side";
    e.details = nullptr;
  }
  auto r = render_error(req, e);
  if (r.status == 401)
    r.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (r.status == 429 || r.status == 503) {
    const auto seconds = (why.retry_after.count() + 999) / 1000;
    r.headers.emplace_back("Retry-After", std::to_string(std::max<std::int64_t>(seconds, 1)));
  }
  return r;
}

response
error_response(const request& req, int status, std::string_view code, std::string_view message) {
  return render_error(req, parsed_error{status, code, message, nullptr});
}

namespace {

std::string render_fields(
  const response& r, std::optional<std::size_t> body_size, bool keep_alive,
  std::string_view request_id) {
  std::string out;
  out.reserve(256);
  out += "HTTP/1.1 ";
  out += std::to_string(r.status);
  out += ' ';
  out += reason_phrase(r.status);
  out += "\r\n";
  const bool has_content = r.status != 204 && r.status != 304;
  if (has_content) {
    append_field(out, "Content-Type", r.content_type);
    if (body_size)
      append_field(out, "Content-Length", std::to_string(*body_size));
  }
  append_field(out, "X-Content-Type-Options", "nosniff");
  if (!request_id.empty())
    append_field(out, "X-Request-Id", request_id);
  for (const auto& [name, value] : r.headers)
    append_field(out, name, value);
  append_field(out, "Connection", keep_alive ? "keep-alive" : "close");
  out += "\r\n";
  return out;
}

} // namespace

std::string render_head(
  const response& r, std::size_t body_size, bool keep_alive, std::string_view request_id) {
  return render_fields(r, body_size, keep_alive, request_id);
}

std::string render_stream_head(const response& r, std::string_view request_id) {
  return render_fields(r, std::nullopt, false, request_id);
}

} // namespace net::http
