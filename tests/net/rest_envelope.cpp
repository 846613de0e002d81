#include "net/rest/body.hpp"
#include "net/rest/envelope.hpp"
#include "net/rest/views.hpp"

#include <catch2/catch.hpp>

using namespace net::rest;
using net::http::request;

namespace {

const domain::timestamp at{std::chrono::milliseconds{1'700'000'000'123}};

request asking(std::string path, std::vector<std::pair<std::string, std::string>> query = {}) {
  request r;
  r.method = "GET";
  r.path = std::move(path);
  r.query = std::move(query);
  return r;
}

request sending(std::string body, std::string type = "application/json") {
  request r;
  r.body = std::move(body);
  r.headers.emplace_back("Content-Type", std::move(type));
  return r;
}

} // namespace

TEST_CASE("one resource stands at the top in v1 and in data in v2", "[net][rest]") {
  CHECK(resource(asking("/api/v1/rooms/1"), 200, R"({"id":"1"})", at).body == R"({"id":"1"})");
  CHECK(
    resource(asking("/api/v2/rooms/1"), 200, R"({"id":"1"})", at).body
    == R"({"version":"v2","timestamp":"2023-11-14T22:13:20.123Z","data":{"id":"1"}})");
}

TEST_CASE("a page of v1 counts, pages and links, and keeps other parameters", "[net][rest]") {
  const auto req = asking("/api/v1/rooms", {{"page", "2"}, {"limit", "1"}, {"links", "false"}});
  const auto page = read_offset_page(req);
  REQUIRE(page);
  const auto r = write_page(req, *page, 3, {R"({"id":"b"})"}, at);
  CHECK(
    r.body
    == R"({"success":true,"count":1,"pagination":{"page":2,"limit":1,"total":3,"totalPages":3,"hasNext":true,"hasPrev":true},)"
       R"("links":{"self":"/api/v1/rooms?page=2&limit=1&links=false","first":"/api/v1/rooms?page=1&limit=1&links=false",)"
       R"("last":"/api/v1/rooms?page=3&limit=1&links=false","next":"/api/v1/rooms?page=3&limit=1&links=false",)"
       R"("prev":"/api/v1/rooms?page=1&limit=1&links=false"},"data":[{"id":"b"}]})");
  CHECK(r.headers.back().first == "Link");
  CHECK(
    r.headers.back().second.find(R"(</api/v1/rooms?page=3&limit=1&links=false>; rel="next")")
    != std::string::npos);
}

TEST_CASE("a page of v2 has its pagination in meta", "[net][rest]") {
  const auto req = asking("/api/v2/rooms");
  const auto page = read_offset_page(req);
  REQUIRE(page);
  CHECK(page->limit == 20);
  const auto body = write_page(req, *page, 0, {}, at).body;
  CHECK(body.starts_with(
    R"({"version":"v2","timestamp":"2023-11-14T22:13:20.123Z","data":[],"meta":{"pagination":{"page":1,)"));
  CHECK(body.find(R"("next":null,"prev":null)") != std::string::npos);
}

TEST_CASE("a page's size is capped and nonsense is named", "[net][rest]") {
  CHECK(read_offset_page(asking("/api/v1/rooms"))->limit == 10);
  CHECK(read_offset_page(asking("/api/v1/rooms", {{"limit", "5000"}}))->limit == 100);
  CHECK(
    read_offset_page(asking("/api/v1/rooms", {{"limit", "99999999999999999999999"}}))->limit
    == 100);
  for (const char* bad : {"0", "-1", "many", "", "1.5", " 1"}) {
    const auto page = read_offset_page(asking("/api/v1/rooms", {{"limit", bad}}));
    REQUIRE_FALSE(page);
    CHECK(page.error().code == domain::errc::validation_failed);
    CHECK(page.error().details.front().field == "limit");
  }
  CHECK_FALSE(read_offset_page(asking("/api/v1/rooms", {{"page", "0"}})));
}

TEST_CASE("a cursor page says where to go on", "[net][rest]") {
  const auto req = asking("/api/v1/rooms/1/messages", {{"limit", "2"}});
  const auto body = write_page(req, page_info{true, false, "9", "8"}, {"{}", "{}"}, at).body;
  CHECK(
    body
    == R"({"success":true,"count":2,"pageInfo":{"hasNextPage":true,"hasPreviousPage":false,"startCursor":"9","endCursor":"8"},)"
       R"("links":{"self":"/api/v1/rooms/1/messages?limit=2","next":"/api/v1/rooms/1/messages?limit=2&direction=next&cursor=8",)"
       R"("prev":null},"data":[{},{}]})");
  CHECK_FALSE(read_cursor_page(asking("/", {{"cursor", "nonsense"}})));
  CHECK_FALSE(read_cursor_page(asking("/", {{"direction", "sideways"}})));
  CHECK_FALSE(read_cursor_page(asking("/", {{"direction", "prev"}}))->forward);
}

TEST_CASE("a parameter that a resource does not know is named", "[net][rest]") {
  const auto why = check_parameters(asking("/", {{"page", "1"}, {"sort", "x"}}), {"page"});
  REQUIRE(why);
  CHECK(why->details.front().field == "sort");
  CHECK_FALSE(check_parameters(asking("/", {{"page", "1"}}), {"page"}));
}

TEST_CASE("links can be left out", "[net][rest]") {
  CHECK(
    with_self_link(asking("/api/v1/rooms"), R"({"id":"1"})", "/rooms/1")
    == R"({"id":"1","_links":{"self":"/api/v1/rooms/1"}})");
  CHECK(
    with_self_link(asking("/api/rooms", {{"links", "false"}}), R"({"id":"1"})", "/rooms/1")
    == R"({"id":"1"})");
}

TEST_CASE("a body names all fields that are wrong at once", "[net][rest]") {
  const auto req = sending(R"({"name":1,"role":"admin","attachments":["x"]})");
  body b{req};
  b.text("name");
  b.text("email");
  b.optional_objects("attachments");
  const auto why = b.failed();
  REQUIRE(why);
  CHECK(why->code == domain::errc::validation_failed);
  std::vector<std::string> fields;
  for (const auto& d : why->details)
    fields.push_back(d.field);
  CHECK(fields == std::vector<std::string>{"name", "email", "attachments", "role"});
}

TEST_CASE("a body of another kind is told apart", "[net][rest]") {
  const auto code = [](const request& req) {
    body b{req};
    const auto why = b.failed();
    return why ? why->code : domain::errc::none;
  };
  CHECK(code(sending("{}")) == domain::errc::none);
  CHECK(code(sending("{}", "application/json; charset=UTF-8")) == domain::errc::none);
  CHECK(
    code(sending("{}", "application/json; charset=utf-16"))
    == domain::errc::unsupported_media_type);
  CHECK(code(sending("{}", "text/plain")) == domain::errc::unsupported_media_type);
  CHECK(code(sending("")) == domain::errc::bad_request);
  CHECK(code(sending("{")) == domain::errc::bad_request);
  CHECK(code(sending("[]")) == domain::errc::validation_failed);
}

TEST_CASE("a profile does not show the email", "[net][rest]") {
  domain::user u;
  u.email = "secret@example.org";
  CHECK(user_json(u).find("secret@example.org") != std::string::npos);
  CHECK(profile_json(u).find("secret@example.org") == std::string::npos);
}
