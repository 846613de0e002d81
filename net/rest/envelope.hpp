// Contract section 2, "Collections": v1 and v2 differ here and nowhere else.
#pragma once

#include "domain/result.hpp"
#include "domain/time.hpp"
#include "net/http/exchange.hpp"

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace net::rest {

/// One resource: itself in v1, `{"version","timestamp","data"}` in v2.
http::response
resource(const http::request& req, int status, std::string json, domain::timestamp now);

/// 400 that names the first parameters that are none of these.
std::optional<domain::error>
check_parameters(const http::request& req, std::initializer_list<std::string_view> known);

struct offset_page {
  std::size_t page = 1;
  std::size_t limit = 10;
  std::size_t offset() const { return (page - 1) * limit; }
};
/// `page` and `limit` of the query; limit is capped. Error: validation_failed.
domain::result<offset_page> read_offset_page(const http::request& req);
http::response write_page(
  const http::request& req, const offset_page& p, std::size_t total,
  const std::vector<std::string>& items, domain::timestamp now);

struct cursor_page {
  std::optional<std::string> cursor;
  bool forward = true;
  std::size_t limit = 20;
};
/// `cursor`, `direction` and `limit` of the query. Error: validation_failed.
domain::result<cursor_page> read_cursor_page(const http::request& req);

struct page_info {
  bool has_next = false;
  bool has_previous = false;
  std::string start; // cursors; empty: null
  std::string end;
};
http::response write_page(
  const http::request& req, const page_info& info, const std::vector<std::string>& items,
  domain::timestamp now);

/// A part of a room's log, a cursor page whose cursor is a seq (`after`) and that goes forward
/// only.
struct log_page {
  std::uint64_t after = 0;    // as asked
  std::uint64_t first = 0;    // of the items; 0: none
  std::uint64_t last = 0;     // of the items; 0: none
  std::uint64_t last_seq = 0; // of the room
  bool has_more = false;
};
/// v1 has the list twice: as `data`, as every page, and as `events`, as the answer to `sync`.
http::response write_log(
  const http::request& req, const log_page& page, const std::vector<std::string>& items,
  domain::timestamp now);

/// A number of the query within bounds; `fallback` when it is not given; above `max`: `max`.
domain::result<std::uint64_t> read_number(
  const http::request& req, const char* name, std::uint64_t fallback, std::uint64_t min,
  std::uint64_t max);

/// False for `?links=false`.
bool wants_links(const http::request& req);
/// Puts `"_links":{"self":…}` into a JSON object, if the request wants links.
std::string
with_self_link(const http::request& req, std::string json_object, std::string_view path_below_base);
/// `/api/v1`, `/api/v2` or `/api`: as the request came.
std::string base_of(const http::request& req);

} // namespace net::rest
