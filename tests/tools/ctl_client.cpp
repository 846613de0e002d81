#include "tests/tools/scripted_node.hpp"
#include "tools/ctl/client.hpp"

#include <catch2/catch.hpp>

TEST_CASE("an address is http or https, a host and a port", "[tools][ctl]") {
  ctl::endpoint e;
  std::string why;
  REQUIRE(ctl::parse_endpoint("http://127.0.0.1:8080", e, why));
  CHECK(e.host == "127.0.0.1");
  CHECK(e.port == 8080);
  REQUIRE(ctl::parse_endpoint("http://chat.example/", e, why));
  CHECK(e.host == "chat.example");
  CHECK(e.port == 80);
  REQUIRE(ctl::parse_endpoint("http://[::1]:9", e, why));
  CHECK(e.host == "::1");
  CHECK(e.port == 9);
  CHECK_FALSE(e.is_tls);
  REQUIRE(ctl::parse_endpoint("https://chat.example", e, why));
  CHECK(e.host == "chat.example");
  CHECK(e.port == 443);
  CHECK(e.is_tls);
  for (const auto* wrong :
       {"", "127.0.0.1", "ftp://a", "https://", "http://", "http://a/b", "http://a:", "http://a:0",
        "http://a:65536", "http://a:8x", "http://u@a", "http://[::1", "http://[::1]8"}) {
    INFO(wrong);
    CHECK_FALSE(ctl::parse_endpoint(wrong, e, why));
  }
}

TEST_CASE("ids are escaped before they become part of a path", "[tools][ctl]") {
  CHECK(ctl::escape("room:a/b?c d") == "room%3Aa%2Fb%3Fc%20d");
  CHECK(ctl::escape("msg_01-A.~") == "msg_01-A.~");
}

TEST_CASE("the client shows its token and reads the answer", "[tools][ctl]") {
  tests::scripted_node node{{{200, R"({"total":3})"}}};
  ctl::endpoint where;
  std::string why;
  REQUIRE(ctl::parse_endpoint(node.url(), where, why));
  const auto a = ctl::client{where, "secret"}.get("/admin/actors?limit=1");
  REQUIRE(a.is_ok());
  CHECK(a.json["total"].GetInt() == 3);
  REQUIRE(node.asked().size() == 1);
  CHECK(node.asked()[0].target() == "/api/v1/admin/actors?limit=1");
  CHECK(node.asked()[0]["Authorization"] == "Bearer secret");
}

TEST_CASE("a refusal carries the node's own words", "[tools][ctl]") {
  tests::scripted_node node{
    {{403,
      R"({"status":"error","code":"forbidden","message":"Only administrators may do this"})"}}};
  ctl::endpoint where;
  std::string why;
  REQUIRE(ctl::parse_endpoint(node.url(), where, why));
  const auto a = ctl::client{where, "t"}.del("/admin/sessions/ses_1");
  CHECK_FALSE(a.is_ok());
  CHECK(a.status == 403);
  CHECK(a.problem == "the node answered 403 forbidden: Only administrators may do this");
}

TEST_CASE("a node that never answers ends in time", "[tools][ctl]") {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor silent{io, {boost::asio::ip::address_v4::loopback(), 0}};
  const ctl::endpoint where{"127.0.0.1", silent.local_endpoint().port()};
  const auto a = ctl::client{where, "t", std::chrono::milliseconds{50}}.get("/admin/top");
  CHECK(a.status == 0);
  CHECK(a.problem.find("no answer in time") != std::string::npos);
}
