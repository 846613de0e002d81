#include "net/rest/envelope.hpp"

#include "domain/json.hpp"
#include "domain/limits.hpp"
#include "net/http/response.hpp"
#include "net/http/target.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>

namespace net::rest {

namespace {

domain::error violation(std::string field, std::string message) {
  return {
    domain::errc::validation_failed,
    "Validation failed",
    {{std::move(field), std::move(message)}},
    {}};
}

bool is_v2(const http::request& req) {
  return http::api_version(req) == 2;
}

/// This request's address with one parameter set; all others are kept.
std::string address_with(const http::request& req, std::string_view name, std::string_view value) {
  std::string out = req.path;
  bool is_set = false;
  char mark = '?';
  const auto add = [&](std::string_view n, std::string_view v) {
    out += mark;
    out += http::escape_query(n);
    out += '=';
    out += http::escape_query(v);
    mark = '&';
  };
  for (const auto& [n, v] : req.query) {
    if (n == name) {
      if (!is_set)
        add(name, value);
      is_set = true;
    } else {
      add(n, v);
    }
  }
  if (!is_set && !name.empty())
    add(name, value);
  return out;
}

std::string self_of(const http::request& req) {
  std::string out = req.path;
  char mark = '?';
  for (const auto& [n, v] : req.query) {
    out += mark;
    out += http::escape_query(n) + '=' + http::escape_query(v);
    mark = '&';
  }
  return out;
}

std::string array_of(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1)
      out += ',';
    out += item;
  }
  return out + ']';
}

using links = std::vector<std::pair<std::string_view, std::string>>; // empty address: null

std::string links_json(const links& all) {
  domain::json_object o;
  for (const auto& [name, address] : all)
    o.text_or_null(name, address);
  return o.take();
}

void add_link_header(http::response& r, const links& all) {
  std::string value;
  for (const auto& [name, address] : all) {
    if (address.empty() || name == "self")
      continue;
    value += value.empty() ? "<" : ", <";
    value += address;
    value += ">; rel=\"";
    value += name;
    value += '"';
  }
  if (!value.empty())
    r.headers.emplace_back("Link", value);
}

std::string v2_head(domain::timestamp now) {
  std::string out = "{\"version\":\"v2\",\"timestamp\":";
  domain::append_json_string(out, domain::to_iso8601(now));
  return out;
}

std::string to_json(const page_info& info) {
  return domain::json_object{}
    .boolean("hasNextPage", info.has_next)
    .boolean("hasPreviousPage", info.has_previous)
    .text_or_null("startCursor", info.start)
    .text_or_null("endCursor", info.end)
    .take();
}

} // namespace

http::response
resource(const http::request& req, int status, std::string json, domain::timestamp now) {
  if (is_v2(req))
    json = v2_head(now) + ",\"data\":" + json + '}';
  return http::json_response(status, std::move(json));
}

std::optional<domain::error>
check_parameters(const http::request& req, std::initializer_list<std::string_view> known) {
  domain::error why{domain::errc::validation_failed, "Validation failed", {}, {}};
  for (const auto& [name, value] : req.query)
    if (std::find(known.begin(), known.end(), name) == known.end())
      why.details.push_back({name, "is not a parameter of this resource"});
  if (why.details.empty())
    return std::nullopt;
  return why;
}

domain::result<std::uint64_t> read_number(
  const http::request& req, const char* name, std::uint64_t fallback, std::uint64_t min,
  std::uint64_t max) {
  const auto has_it =
    std::any_of(req.query.begin(), req.query.end(), [&](const auto& p) { return p.first == name; });
  if (!has_it)
    return fallback;
  const auto text = req.parameter(name);
  std::uint64_t value = 0;
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || end != text.data() + text.size() || why == std::errc::invalid_argument)
    return violation(name, "must be a whole number");
  if (why == std::errc::result_out_of_range)
    value = std::numeric_limits<std::uint64_t>::max();
  if (value < min)
    return violation(name, "must be at least " + std::to_string(min));
  return std::min(value, max);
}

domain::result<offset_page> read_offset_page(const http::request& req) {
  offset_page out;
  constexpr std::uint64_t page_max = 1'000'000'000;
  const auto page = read_number(req, "page", 1, 1, page_max);
  if (!page)
    return page.error();
  const auto limit =
    read_number(req, "limit", is_v2(req) ? 20 : 10, 1, domain::limits::page_limit_max);
  if (!limit)
    return limit.error();
  out.page = *page;
  out.limit = *limit;
  return out;
}

http::response write_page(
  const http::request& req, const offset_page& p, std::size_t total,
  const std::vector<std::string>& items, domain::timestamp now) {
  const std::size_t pages = (total + p.limit - 1) / p.limit;
  const bool has_next = p.page < pages;
  const bool has_previous = p.page > 1;
  const auto at = [&](std::size_t page) { return address_with(req, "page", std::to_string(page)); };
  const links all{
    {"self", self_of(req)},
    {"first", at(1)},
    {"last", at(std::max<std::size_t>(pages, 1))},
    {"next", has_next ? at(p.page + 1) : std::string{}},
    {"prev",
     has_previous ? at(std::min(p.page - 1, std::max<std::size_t>(pages, 1))) : std::string{}},
  };
  domain::json_object pagination;
  pagination.number("page", std::uint64_t{p.page}).number("limit", std::uint64_t{p.limit});
  pagination.number("total", std::uint64_t{total}).number("totalPages", std::uint64_t{pages});
  pagination.boolean("hasNext", has_next).boolean("hasPrev", has_previous);
  std::string json;
  if (is_v2(req)) {
    auto meta =
      domain::json_object{}.raw("pagination", pagination.take()).raw("filters", "{}").take();
    json = v2_head(now) + ",\"data\":" + array_of(items) + ",\"meta\":" + meta
           + ",\"links\":" + links_json(all) + '}';
  } else {
    domain::json_object o;
    o.boolean("success", true).number("count", std::uint64_t{items.size()});
    o.raw("pagination", pagination.take())
      .raw("links", links_json(all))
      .raw("data", array_of(items));
    json = o.take();
  }
  auto r = http::json_response(200, std::move(json));
  add_link_header(r, all);
  return r;
}

domain::result<cursor_page> read_cursor_page(const http::request& req) {
  cursor_page out;
  const auto limit = read_number(req, "limit", out.limit, 1, domain::limits::page_limit_max);
  if (!limit)
    return limit.error();
  out.limit = *limit;
  if (const auto direction = req.parameter("direction"); direction == "prev")
    out.forward = false;
  else if (!direction.empty() && direction != "next")
    return violation("direction", "must be next or prev");
  if (const auto cursor = req.parameter("cursor"); !cursor.empty()) {
    const bool is_cursor =
      cursor.size() <= 19 && cursor.find_first_not_of("0123456789") == std::string_view::npos;
    if (!is_cursor)
      return violation("cursor", "is not a cursor of this resource");
    out.cursor = std::string{cursor};
  }
  return out;
}

http::response write_page(
  const http::request& req, const page_info& info, const std::vector<std::string>& items,
  domain::timestamp now) {
  const auto at = [&](std::string_view cursor, std::string_view direction) {
    auto moved = req;
    std::erase_if(moved.query, [](const auto& p) { return p.first == "direction"; });
    moved.query.emplace_back("direction", std::string{direction});
    return address_with(moved, "cursor", cursor);
  };
  const links all{
    {"self", self_of(req)},
    {"next", info.has_next && !info.end.empty() ? at(info.end, "next") : std::string{}},
    {"prev", info.has_previous && !info.start.empty() ? at(info.start, "prev") : std::string{}},
  };
  const auto page_json = to_json(info);
  std::string json;
  if (is_v2(req)) {
    json = v2_head(now) + ",\"data\":" + array_of(items) + ",\"pageInfo\":" + page_json
           + ",\"links\":" + links_json(all) + '}';
  } else {
    domain::json_object o;
    o.boolean("success", true).number("count", std::uint64_t{items.size()});
    o.raw("pageInfo", page_json).raw("links", links_json(all)).raw("data", array_of(items));
    json = o.take();
  }
  auto r = http::json_response(200, std::move(json));
  add_link_header(r, all);
  return r;
}

http::response write_log(
  const http::request& req, const log_page& page, const std::vector<std::string>& items,
  domain::timestamp now) {
  page_info info{page.has_more, page.after > 0, {}, {}};
  if (page.last != 0) {
    info.start = std::to_string(page.first);
    info.end = std::to_string(page.last);
  }
  const links all{
    {"self", self_of(req)},
    {"next", page.has_more ? address_with(req, "after", info.end) : std::string{}},
  };
  const auto list = array_of(items);
  domain::json_object o;
  if (is_v2(req))
    o.text("version", "v2").text("timestamp", domain::to_iso8601(now));
  else
    o.boolean("success", true).number("count", std::uint64_t{items.size()}).raw("events", list);
  o.raw("pageInfo", to_json(info)).raw("links", links_json(all)).raw("data", list);
  o.number("lastSeq", page.last_seq).boolean("reset", page.after > page.last_seq);
  o.boolean("more", page.has_more);
  auto r = http::json_response(200, o.take());
  add_link_header(r, all);
  return r;
}

bool wants_links(const http::request& req) {
  return req.parameter("links") != "false";
}

std::string base_of(const http::request& req) {
  for (std::string_view base : {"/api/v1", "/api/v2"})
    if (req.path.starts_with(base))
      return std::string{base};
  return "/api";
}

std::string with_self_link(
  const http::request& req, std::string json_object, std::string_view path_below_base) {
  if (!wants_links(req) || !json_object.ends_with('}'))
    return json_object;
  json_object.pop_back();
  json_object += ",\"_links\":";
  json_object +=
    domain::json_object{}.text("self", base_of(req) + std::string{path_below_base}).take();
  json_object += '}';
  return json_object;
}

} // namespace net::rest
