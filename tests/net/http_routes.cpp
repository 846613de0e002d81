#include "net/http/response.hpp"
#include "net/http/routes.hpp"
#include "net/http/target.hpp"
#include "net/http/upgraded.hpp"

#include <catch2/catch.hpp>

using namespace net::http;

namespace {

/// Keeps the answer.
class kept_exchange final : public exchange {
public:
  explicit kept_exchange(std::string method, std::string path) {
    request_.method = std::move(method);
    request_.path = std::move(path);
    request_.request_id = "r1";
  }
  net::shard& home() override { throw std::logic_error{"no shard here"}; }
  void respond(response r) override {
    is_answered_ = true;
    answer = std::move(r);
    for (auto& field : reply_headers_)
      answer.headers.push_back(field);
  }
  void fail(const domain::error& why) override { respond(error_response(request_, why)); }
  void on_abort(std::function<void()>) override {}
  void hand_over(std::uint32_t) override {}
  std::unique_ptr<upgraded> take_socket() override { return nullptr; }
  std::string header(std::string_view name) const {
    for (const auto& [key, value] : answer.headers)
      if (key == name)
        return value;
    return {};
  }

  response answer;
};

struct table {
  table() {
    const auto say = [](const char* what) {
      return [what](const exchange_ptr& e, const parameters& p) {
        response r;
        r.body = what;
        for (const auto& [name, value] : p)
          r.body += " " + name + "=" + value;
        e->respond(std::move(r));
      };
    };
    all.get("/rooms", {}, say("list"));
    all.post("/rooms", {}, say("create"));
    all.get("/rooms/{id}", {}, say("room"));
    all.get("/rooms/{id}/messages/{messageId}", {}, say("message"));
    all.get("/rooms/{id}/messages/search", {}, say("search"));
    all.raw("/livez", [](const exchange_ptr& e) { e->respond({}); });
    all.raw("/*", [](const exchange_ptr& e) {
      response r;
      r.body = "page";
      e->respond(std::move(r));
    });
    all.raw("/socket.io/*", [](const exchange_ptr& e) {
      response r;
      r.body = "socket";
      e->respond(std::move(r));
    });
  }
  std::shared_ptr<kept_exchange> ask(
    std::string method, std::string path,
    std::vector<std::pair<std::string, std::string>> headers = {}) {
    auto e = std::make_shared<kept_exchange>(std::move(method), std::move(path));
    e->req().headers = std::move(headers);
    all.dispatch(e);
    return e;
  }
  routes all;
};

} // namespace

TEST_CASE("a route is found below each base", "[net][http]") {
  table t;
  CHECK(t.ask("GET", "/api/v1/rooms")->answer.body == "list");
  CHECK(t.ask("GET", "/api/v2/rooms/")->answer.body == "list");
  CHECK(t.ask("GET", "/api/rooms")->answer.body == "list");
  CHECK(t.ask("POST", "/api/v1/rooms")->answer.body == "create");
  CHECK(t.ask("HEAD", "/api/v1/rooms")->answer.body == "list");
}

TEST_CASE("parts of a path become parameters and literals win", "[net][http]") {
  table t;
  CHECK(t.ask("GET", "/api/v1/rooms/a.b:c")->answer.body == "room id=a.b:c");
  CHECK(t.ask("GET", "/api/v1/rooms/1/messages/2")->answer.body == "message id=1 messageId=2");
  CHECK(t.ask("GET", "/api/v1/rooms/1/messages/search")->answer.body == "search id=1");
}

TEST_CASE("what is not there is 404 and what is not allowed 405 with Allow", "[net][http]") {
  table t;
  for (const char* path : {"/api/v1/nothing", "/api/v1", "/api", "/api/v1/rooms//messages/1"})
    CHECK(t.ask("GET", path)->answer.status == 404);
  const auto refused = t.ask("DELETE", "/api/v1/rooms");
  CHECK(refused->answer.status == 405);
  CHECK(refused->header("Allow") == "GET, HEAD, OPTIONS, POST");
  const auto options = t.ask("OPTIONS", "/api/v1/rooms/1");
  CHECK(options->answer.status == 204);
  CHECK(options->header("Allow") == "GET, HEAD, OPTIONS");
}

TEST_CASE("an unknown version of the API is a bad request", "[net][http]") {
  table t;
  CHECK(t.ask("GET", "/api/rooms", {{"Api-Version", "v2"}})->answer.status == 200);
  CHECK(t.ask("GET", "/api/rooms", {{"api-version", "v9"}})->answer.status == 400);
  CHECK(t.ask("GET", "/api/v3/rooms")->answer.status == 400);
}

TEST_CASE("raw routes are the most exact first and the API before pages", "[net][http]") {
  table t;
  CHECK(t.ask("GET", "/livez")->answer.body.empty());
  CHECK(t.ask("GET", "/socket.io/")->answer.body == "socket");
  CHECK(t.ask("GET", "/index.html")->answer.body == "page");
  CHECK(t.ask("GET", "")->answer.status == 404);
}

TEST_CASE("a middleware runs before the handler and may answer instead", "[net][http]") {
  table t;
  std::function<void()> later;
  t.all.use([&](const exchange_ptr& e, const route_options&, std::function<void()> next) {
    if (e->req().method == "POST")
      return e->fail({domain::errc::forbidden, "no", {}, {}});
    later = std::move(next);
  });
  CHECK(t.ask("POST", "/api/v1/rooms")->answer.status == 403);
  const auto waiting = t.ask("GET", "/api/v1/rooms");
  CHECK_FALSE(waiting->is_answered());
  later();
  CHECK(waiting->answer.body == "list");
}

TEST_CASE("pages of listed origins may read answers and others may not", "[net][http]") {
  table t;
  t.all.use(cors{{"https://app.example.org"}});
  const auto from = [&](const char* origin) {
    return t.ask("GET", "/api/v1/rooms", {{"Origin", origin}, {"Host", "chat.example.org"}})
      ->header("Access-Control-Allow-Origin");
  };
  CHECK(from("https://app.example.org") == "https://app.example.org");
  CHECK(from("https://chat.example.org") == "https://chat.example.org");
  CHECK(from("https://app.example.org.evil.org").empty());
  CHECK(from("http://app.example.org").empty());
  CHECK(from("null").empty());
  const auto preflight = t.ask(
    "OPTIONS", "/api/v1/rooms",
    {{"Origin", "https://app.example.org"},
     {"Access-Control-Request-Method", "POST"},
     {"Host", "x"}});
  CHECK(preflight->answer.status == 204);
  CHECK(preflight->header("Access-Control-Allow-Methods") == "GET, HEAD, OPTIONS, POST");
}

TEST_CASE("errors have the envelope of the contract or that of RFC 9457", "[net][http]") {
  request req;
  req.request_id = "r1";
  req.path = "/api/v1/rooms";
  const domain::error why{
    domain::errc::validation_failed, "Validation failed", {{"email", "is \"wrong\""}}, {}};
  CHECK(
    error_response(req, why).body
    == R"({"status":"error","code":"validation_failed","message":"Validation failed","details":[{"field":"email","message":"is \"wrong\""}],"requestId":"r1"})");
  req.headers.emplace_back("accept", "application/json, application/problem+json;q=0.9");
  const auto problem = error_response(req, why);
  CHECK(problem.content_type == "application/problem+json; charset=utf-8");
  CHECK(
    problem.body.find(R"("type":"about:blank","title":"Bad Request","status":400)")
    != std::string::npos);
}

TEST_CASE("an internal error tells nothing and a refusal tells when to come back", "[net][http]") {
  request req;
  const auto internal = error_response(req, {domain::errc::internal, "SQL exploded", {}, {}});
  CHECK(internal.status == 500);
  CHECK(internal.body.find("SQL") == std::string::npos);
  const auto refused =
    error_response(req, {domain::errc::rate_limited, "slow", {}, std::chrono::milliseconds{1'200}});
  CHECK(refused.headers.back() == std::pair<std::string, std::string>{"Retry-After", "2"});
}

TEST_CASE("a header that would split the answer is left out", "[net][http]") {
  response r;
  r.headers.emplace_back("X-Good", "fine");
  r.headers.emplace_back("X-Bad", "a\r\nSet-Cookie: b");
  const auto head = render_head(r, 0, true, "id");
  CHECK(head.find("X-Good: fine\r\n") != std::string::npos);
  CHECK(head.find("Set-Cookie") == std::string::npos);
  CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE("a target is decoded and one that hides something is refused", "[net][http]") {
  const auto parts = split_target("/a%20b/c?x=1+2&y=%26&z");
  REQUIRE(parts);
  CHECK(parts->path == "/a b/c");
  CHECK(
    parts->query
    == std::vector<std::pair<std::string, std::string>>{{"x", "1 2"}, {"y", "&"}, {"z", ""}});
  CHECK(split_target("http://example.org/a?b=c")->path == "/a");
  CHECK(split_target("http://example.org")->path == "/");
  for (const char* broken :
       {"/%zz", "/%4", "/%", "/a%00b", "/%ff%fe", "/%c0%80", "/%ed%a0%80", "/?x=%"})
    CHECK_FALSE(split_target(broken));
  for (const char* hiding : {"/a%2fb", "/a%5cb"})
    CHECK_FALSE(split_target(hiding));
  CHECK(split_target("/%c3%bc")->path == "/\xc3\xbc");
}
