#include "net/http/guard.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>
#include <vector>

using net::http::check_head;
using net::http::find_head_end;

namespace {

const std::string host = "Host: example.org\r\n";

std::string get(const std::string& fields, const std::string& target = "/") {
  return "GET " + target + " HTTP/1.1\r\n" + fields + "\r\n";
}

std::string post(const std::string& fields, const std::string& version = "HTTP/1.1") {
  return "POST / " + version + "\r\n" + host + fields + "\r\n";
}

struct row {
  const char* name;
  std::string head;
  int status;
};

const std::vector<row> fine{
  {"a plain GET", get(host), 0},
  {"HTTP/1.0 with Host", "GET / HTTP/1.0\r\n" + host + "\r\n", 0},
  {"a query", get(host, "/a?b=c&d=%20"), 0},
  {"an absolute target of the same host", get(host, "http://example.org/a"), 0},
  {"an absolute target in another case", get(host, "HTTP://EXAMPLE.ORG/a"), 0},
  {"an absolute target without a path", get(host, "http://example.org"), 0},
  {"a port", get("Host: example.org:8080\r\n"), 0},
  {"an IPv6 host", get("Host: [::1]:8080\r\n"), 0},
  {"OPTIONS *", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n", 0},
  {"chunked", post("Transfer-Encoding: chunked\r\n"), 0},
  {"chunked in another case", post("transfer-ENCODING: Chunked\r\n"), 0},
  {"a length", post("Content-Length: 5\r\n"), 0},
  {"a length of zero on GET", get(host + "Content-Length: 0\r\n"), 0},
  {"a length with zeros in front", post("Content-Length: 0005\r\n"), 0},
  {"the largest body", post("Content-Length: 1000000\r\n"), 0},
  {"a tab in a value", get(host + "X: a\tb\r\n"), 0},
  {"bytes above 127 in a value", get(host + "X: \xc3\xbc\r\n"), 0},
  {"an empty value", get(host + "X:\r\n"), 0},
  {"Expect", post("Content-Length: 5\r\nExpect: 100-Continue\r\n"), 0},
  {"100 fields", get([] {
     std::string fields = host;
     for (int i = 1; i < 100; ++i)
       fields += "A: b\r\n";
     return fields;
   }()),
   0},
};

const std::vector<row> refused{
  // -- transfer encoding --
  {"chunked, identity", post("Transfer-Encoding: chunked, identity\r\n"), 400},
  {"identity", post("Transfer-Encoding: identity\r\n"), 400},
  {"xchunked", post("Transfer-Encoding: xchunked\r\n"), 400},
  {"chunked twice in one field", post("Transfer-Encoding: chunked, chunked\r\n"), 400},
  {"Transfer-Encoding twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
   400},
  {"gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n"), 400},
  {"chunked with a parameter", post("Transfer-Encoding: chunked;q=1\r\n"), 400},
  {"quoted chunked", post("Transfer-Encoding: \"chunked\"\r\n"), 400},
  {"an empty Transfer-Encoding", post("Transfer-Encoding:\r\n"), 400},
  {"a vertical tab before chunked",
   post("Transfer-Encoding: \x0b"
        "chunked\r\n"),
   400},
  {"chunked beside a length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400},
  {"a length beside chunked", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
  {"chunked in HTTP/1.0", post("Transfer-Encoding: chunked\r\n", "HTTP/1.0"), 400},
  {"chunked on GET", get(host + "Transfer-Encoding: chunked\r\n"), 400},
  // -- length --
  {"two different lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n"), 400},
  {"the same length twice", post("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
  {"a list of lengths", post("Content-Length: 5, 5\r\n"), 400},
  {"a signed length", post("Content-Length: +5\r\n"), 400},
  {"a negative length", post("Content-Length: -5\r\n"), 400},
  {"a hexadecimal length", post("Content-Length: 0x5\r\n"), 400},
  {"an empty length", post("Content-Length:\r\n"), 400},
  {"a length with a space in it", post("Content-Length: 1 2\r\n"), 400},
  {"a length that is too large", post("Content-Length: 1000001\r\n"), 413},
  {"a length beyond 64 bits", post("Content-Length: 99999999999999999999999\r\n"), 413},
  {"a body on GET", get(host + "Content-Length: 1\r\n"), 400},
  {"a body on HEAD", "HEAD / HTTP/1.1\r\n" + host + "Content-Length: 1\r\n\r\n", 400},
  {"an unknown expectation", post("Content-Length: 5\r\nExpect: magic\r\n"), 417},
  // -- host --
  {"no Host", get("X: y\r\n"), 400},
  {"no field at all", get(""), 400},
  {"no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 400},
  {"two Hosts", get(host + "Host: other.org\r\n"), 400},
  {"the same Host twice", get(host + host), 400},
  {"an empty Host", get("Host:\r\n"), 400},
  {"a Host with a space", get("Host: a b\r\n"), 400},
  {"a Host with user information", get("Host: me@example.org\r\n"), 400},
  {"a Host with a path", get("Host: example.org/a\r\n"), 400},
  {"a list of Hosts", get("Host: a, b\r\n"), 400},
  {"a Host with a port that is none", get("Host: example.org:http\r\n"), 400},
  {"an IPv6 Host that is not closed", get("Host: [::1\r\n"), 400},
  {"another host in the target", get(host, "http://other.org/"), 400},
  {"another port in the target", get(host, "http://example.org:81/"), 400},
  {"user information in the target", get(host, "http://me@example.org/"), 400},
  // -- fields --
  {"a space before the colon", get(host + "X : y\r\n"), 400},
  {"a tab before the colon", get(host + "X\t: y\r\n"), 400},
  {"a folded header", get(host + "X: y\r\n z\r\n"), 400},
  {"a folded first header", "GET / HTTP/1.1\r\n X: y\r\n" + host + "\r\n", 400},
  {"a field without a colon", get(host + "nonsense\r\n"), 400},
  {"an empty name", get(host + ": y\r\n"), 400},
  {"a name that is no token", get(host + "X(y): z\r\n"), 400},
  {"a name with bytes above 127", get(host + "\xc3\xbc: z\r\n"), 400},
  {"a bare line feed", "GET / HTTP/1.1\n" + host + "\r\n", 400},
  {"a bare carriage return", get(host + "X: a\rb\r\n"), 400},
  {"a zero byte", get(host + std::string{"X: a\0b\r\n", 8}), 400},
  {"a control character",
   get(
     host
     + "X: a\x01"
       "b\r\n"),
   400},
  {"DEL",
   get(
     host
     + "X: a\x7f"
       "b\r\n"),
   400},
  {"two Authorization fields", get(host + "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"),
   400},
  {"two Content-Types", post("Content-Type: a\r\nContent-Type: b\r\n"), 400},
  {"101 fields", get([] {
     std::string fields = host;
     for (int i = 0; i < 100; ++i)
       fields += "A: b\r\n";
     return fields;
   }()),
   431},
  {"headers over 16 KB", get(host + "X: " + std::string(17'000, 'a') + "\r\n"), 431},
  // -- the request line --
  {"a target over 4 KiB", get(host, "/" + std::string(5'000, 'a')), 414},
  {"a space in the target", get(host, "/a b"), 400},
  {"a fragment in the target", get(host, "/a#b"), 400},
  {"raw UTF-8 in the target", get(host, "/\xc3\xbc"), 400},
  {"a target without a slash", get(host, "a"), 400},
  {"another scheme", get(host, "ftp://example.org/"), 400},
  {"GET *", get(host, "*"), 400},
  {"an empty target", "GET  HTTP/1.1\r\n" + host + "\r\n", 400},
  {"HTTP/0.9", "GET /\r\n\r\n", 400},
  {"no method", " / HTTP/1.1\r\n" + host + "\r\n", 400},
  {"HTTP/2.0", "GET / HTTP/2.0\r\n" + host + "\r\n", 505},
  {"the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\n", 505},
  {"HTTP/1.2", "GET / HTTP/1.2\r\n" + host + "\r\n", 505},
  {"HTTP/1.10", "GET / HTTP/1.10\r\n" + host + "\r\n", 400},
  {"a version in lower case", "GET / http/1.1\r\n" + host + "\r\n", 400},
  {"a method that is no token", "G(T / HTTP/1.1\r\n" + host + "\r\n", 400},
  {"an unknown method", "BREW / HTTP/1.1\r\n" + host + "\r\n", 501},
  {"a method in lower case", "get / HTTP/1.1\r\n" + host + "\r\n", 501},
  {"CONNECT", "CONNECT example.org:443 HTTP/1.1\r\n" + host + "\r\n", 501},
  {"an empty line in front", "\r\n" + get(host), 400},
  {"nothing but an empty line", "\r\n\r\n", 400},
  {"bytes behind the block", get(host) + "x", 400},
  {"no empty line", "GET / HTTP/1.1\r\n" + host, 400},
};

} // namespace

TEST_CASE("the guard lets unambiguous requests pass", "[net][http]") {
  for (const auto& r : fine) {
    INFO(r.name);
    CHECK(check_head(r.head).status == r.status);
  }
}

TEST_CASE("the guard refuses what two servers could read differently", "[net][http]") {
  CHECK(refused.size() >= 60);
  for (const auto& r : refused) {
    INFO(r.name);
    CHECK(check_head(r.head).status == r.status);
  }
}

TEST_CASE("the guard tells how the body comes", "[net][http]") {
  CHECK(check_head(post("Transfer-Encoding: chunked\r\n")).chunked);
  CHECK(check_head(post("Content-Length: 0042\r\n")).content_length == 42);
  CHECK(check_head(post("Content-Length: 5\r\nExpect: 100-continue\r\n")).expects_continue);
  CHECK_FALSE(check_head(post("Expect: 100-continue\r\n")).expects_continue);
}

TEST_CASE("the guard asks for a target's bound when a body comes to it", "[net][http]") {
  std::vector<std::string> asked;
  const auto bound = [&](std::string_view target) {
    asked.emplace_back(target);
    return target == "/large" ? 2'000'000u : 10u;
  };
  const auto post_to = [](const std::string& target, const std::string& fields) {
    return "POST " + target + " HTTP/1.1\r\n" + host + fields + "\r\n";
  };
  CHECK(check_head(get(host, "/large"), bound).body_max == 0);
  CHECK(check_head(post_to("/large", "Content-Length: 00\r\n"), bound).body_max == 0);
  CHECK(check_head(post_to("/", "Content-Length: 11\r\nExpect: x\r\n"), bound).status == 417);
  CHECK(asked.empty());
  CHECK(check_head(post_to("/large", "Content-Length: 2000000\r\n"), bound).status == 0);
  CHECK(check_head(post_to("/large", "Content-Length: 2000001\r\n"), bound).status == 413);
  CHECK(check_head(post_to("/", "Content-Length: 11\r\n"), bound).status == 413);
  CHECK(check_head(post_to("/a?b", "Transfer-Encoding: chunked\r\n"), bound).body_max == 10);
  CHECK(asked == std::vector<std::string>{"/large", "/large", "/", "/a?b"});
}

TEST_CASE("the end of a header block is found wherever the bytes are cut", "[net][http]") {
  const auto head = get(host + "X: y\r\n");
  const auto all = head + "GET /next";
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    const auto first = find_head_end(std::string_view{all}.substr(0, cut));
    CHECK_FALSE(first.is_bad);
    CHECK(first.size == (cut >= head.size() ? head.size() : 0));
    const auto second = find_head_end(all, cut < head.size() ? cut : 0);
    CHECK(second.size == head.size());
  }
}

TEST_CASE("bytes that no header block may have are noticed before its end", "[net][http]") {
  CHECK(find_head_end("GET / HTTP/1.1\n").is_bad);
  CHECK(find_head_end("GET / HTTP/1.1\rX").is_bad);
  CHECK(find_head_end("\x16\x03\x01").is_bad);
  CHECK_FALSE(find_head_end("GET / HTTP/1.1\r").is_bad);
}

TEST_CASE("a control byte in Origin is found with what was asked before it", "[net][http]") {
  const auto read = [](const std::string& bytes) {
    const auto end = find_head_end(bytes);
    REQUIRE(end.is_bad);
    return net::http::read_bad_origin(bytes, end.bad_at);
  };
  const std::string line = "GET /a?b HTTP/1.1\r\n";
  const auto whole = line + host + "oRIGIN: http://a\x01z\r\nX: y\r\n\r\n";
  const auto found = read(whole);
  REQUIRE(found);
  CHECK(found->method == "GET");
  CHECK(found->target == "/a?b");
  using fields = std::vector<std::pair<std::string_view, std::string_view>>;
  CHECK(found->fields == fields{{"Host", "example.org"}, {"oRIGIN", "http://a\x01"}});
  CHECK(read(line + "Origin:\x7f").has_value());
  const std::vector<std::string> others{
    line + "Origin: a\nb\r\n",
    line + "Origin: a\rb\r\n",
    line + "Origins: a\x01",
    line + "Origin : a\x01",
    line + "X: Origin: a\x01",
    line + "\x01Origin: a",
    line + "Origin: a\r\nOrigin: b\x01",
    line + host + host + "Origin: b\x01",
    line + "X: y\r\n Origin: b\x01",
    line + "X(: y\r\nOrigin: b\x01",
    "Origin: a\x01",
    "BREW / HTTP/1.1\r\nOrigin: a\x01",
    "GET /\x01 HTTP/1.1\r\n",
    "\x01"};
  for (const auto& bytes : others) {
    CAPTURE(bytes);
    CHECK_FALSE(read(bytes));
  }
}

TEST_CASE("the guard survives any bytes", "[net][http]") {
  std::mt19937 random{20261125};
  for (int round = 0; round < 20'000; ++round) {
    auto head = refused[random() % refused.size()].head;
    for (int n = static_cast<int>(random() % 4); n > 0 && !head.empty(); --n)
      head[random() % head.size()] = static_cast<char>(random());
    const auto v = check_head(head);
    REQUIRE((v.status == 0 || (v.status >= 400 && v.status <= 505)));
  }
}
