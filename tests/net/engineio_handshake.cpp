#include "net/engineio/handshake.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace net::engineio;

namespace {

std::optional<transport> find(std::string_view sid) {
  if (sid == "polls")
    return transport::polling;
  if (sid == "sockets")
    return transport::websocket;
  return std::nullopt;
}

} // namespace

TEST_CASE("an Engine.IO request is refused by the first check that fails", "[net][engineio]") {
  struct row {
    request_facts asked;
    std::optional<refusal> expected;
  };
  const auto at = GENERATE(values<row>({
    {{"GET", "polling", "", "4", "", false, true}, std::nullopt},
    {{"GET", "websocket", "", "4", "", true, true}, std::nullopt},
    {{"GET", "polling", "polls", "4", "", false, true}, std::nullopt},
    {{"POST", "polling", "polls", "4", "", false, true}, std::nullopt},
    {{"GET", "websocket", "polls", "4", "", true, true}, std::nullopt},
    {{"GET", "websocket", "sockets", "4", "", true, true}, std::nullopt},
    {{"GET", "", "", "4", "", false, true}, refusal::unknown_transport},
    {{"GET", "Polling", "", "4", "", false, true}, refusal::unknown_transport},
    {{"GET", "webtransport", "nobody", "3", "\n", false, false}, refusal::unknown_transport},
    {{"POST", "constructor", "", "4", "", false, true}, refusal::unknown_transport},
    {{"GET", "polling", "nobody", "4", "http://a\x01", false, true}, refusal::bad_request},
    {{"GET", "polling", "nobody", "4", "", false, true}, refusal::unknown_session},
    {{"GET", "websocket", "__proto__", "4", "", true, true}, refusal::unknown_session},
    {{"GET", "polling", "sockets", "4", "", false, true}, refusal::bad_request},
    {{"GET", "websocket", "polls", "4", "", false, true}, refusal::bad_request},
    {{"POST", "polling", "", "4", "", false, true}, refusal::bad_method},
    {{"HEAD", "polling", "", "3", "", false, false}, refusal::bad_method},
    {{"GET", "websocket", "", "4", "", false, true}, refusal::bad_request},
    {{"GET", "polling", "", "4", "", true, true}, refusal::bad_request},
    {{"GET", "polling", "", "3", "", false, false}, refusal::forbidden},
    {{"GET", "polling", "", "3", "", false, true}, refusal::unsupported_version},
    {{"GET", "polling", "", "", "", false, true}, refusal::unsupported_version},
    {{"GET", "websocket", "", "5", "", true, true}, refusal::unsupported_version},
  }));
  CAPTURE(at.asked.method, at.asked.transport, at.asked.sid, at.asked.version);
  CHECK(check(at.asked, find) == at.expected);
}

TEST_CASE("a refusal has the protocol's code and message", "[net][engineio]") {
  CHECK(body_of(refusal::unknown_transport) == R"({"code":0,"message":"Transport unknown"})");
  CHECK(body_of(refusal::unknown_session) == R"({"code":1,"message":"Session ID unknown"})");
  CHECK(body_of(refusal::bad_method) == R"({"code":2,"message":"Bad handshake method"})");
  CHECK(body_of(refusal::bad_request) == R"({"code":3,"message":"Bad request"})");
  CHECK(body_of(refusal::forbidden) == R"({"code":4,"message":"Forbidden"})");
  CHECK(
    body_of(refusal::unsupported_version)
    == R"({"code":5,"message":"Unsupported protocol version"})");
  CHECK(status_of(refusal::unknown_session) == 400);
  CHECK(status_of(refusal::forbidden) == 403);
}

TEST_CASE("the open packet tells what the client must keep to", "[net][engineio]") {
  const options o;
  CHECK(
    open_packet("abc", true, o)
    == R"(0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})");
  CHECK(
    open_packet("abc", false, o)
    == R"(0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})");
}

TEST_CASE("an origin is allowed exactly, or because it is our own", "[net][engineio]") {
  const std::vector<std::string> list{"https://a.example", "http://b.example:8080"};
  CHECK(is_allowed_origin("", "host", list));
  CHECK(is_allowed_origin("https://a.example", "host", list));
  CHECK(is_allowed_origin("http://host:8080", "host:8080", list));
  CHECK(is_allowed_origin("https://HOST", "host", {}));
  CHECK(is_allowed_origin("null", "host", {"*"}));
  for (const auto* other :
       {"https://a.example.evil", "http://a.example", "https://a.example:443", "https://A.example/",
        "null", "https://evil/host:8080", "host:8080", "http://host:8081", "ftp://host:8080",
        "http://"})
    CHECK_FALSE(is_allowed_origin(other, "host:8080", list));
  CHECK_FALSE(is_allowed_origin("http://", "", {}));
  CHECK_FALSE(is_allowed_origin("https://a.example", "host", {"*", "https://b.example"}));
}

TEST_CASE(
  "CORS headers echo an allowed origin with credentials, or any without", "[net][engineio]") {
  using headers = std::vector<std::pair<std::string, std::string>>;
  CHECK(
    cors_headers("https://a.example", "h", {"https://a.example"})
    == headers{
      {"Access-Control-Allow-Origin", "https://a.example"},
      {"Access-Control-Allow-Credentials", "true"},
      {"Vary", "Origin"}});
  CHECK(
    cors_headers("https://a.example", "h", {"*"}) == headers{{"Access-Control-Allow-Origin", "*"}});
  CHECK(cors_headers("https://evil.example", "h", {"https://a.example"}).empty());
  for (const auto* origin : {"", "a\nb"})
    CHECK(cors_headers(origin, "h", {"*"}) == headers{{"Access-Control-Allow-Origin", "*"}});
  for (const auto* origin : {"", "a\nb"})
    CHECK(cors_headers(origin, "h", {"https://a.example"}).empty());
}

TEST_CASE("a session id names its shard", "[net][engineio]") {
  const std::string random(20, 'r');
  for (const std::uint32_t index : {0u, 1u, 63u, 64u, 4095u})
    CHECK(shard_of(make_sid(random, index)) == index);
  CHECK(make_sid(random, 3).size() == 22);
  CHECK_FALSE(shard_of(""));
  CHECK_FALSE(shard_of("AA"));
  CHECK_FALSE(shard_of(random + "A="));
  CHECK_FALSE(shard_of("__proto__"));
}
