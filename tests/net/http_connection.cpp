#include "net/http/door.hpp"
#include "net/http/routes.hpp"
#include "net/http/upgraded.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <sstream>
#include <string>

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;
using namespace net::http;

namespace {

/// A client and a connection of a real door over loopback, both driven by one thread.
class conversation {
  asio::io_context io_; // outlives all that uses it

public:
  static constexpr std::size_t roomy = 100'000'000;

  explicit conversation(door_times times = {}, int receive_bytes = 0) : client_(io_) {
    auto table = std::make_shared<routes>();
    const auto echo = [](const exchange_ptr& e) {
      response r;
      r.content_type = "text/plain";
      r.body = e->req().method + " " + e->req().body;
      e->respond(std::move(r));
    };
    table->raw("/echo", echo);
    table->raw("/roomy/", echo, {.body_max = roomy});
    table->raw("/narrow/*", echo, {.body_max = 10});
    const auto own = [](const request& asked, int status) {
      response r;
      r.status = status;
      r.body = asked.method + " " + asked.path + " " + std::string{asked.parameter("q")} + " "
               + std::string{asked.header("ORIGIN")} + asked.body;
      return r;
    };
    table->raw("/own", echo, {.body_max = 0, .refuse = own});
    table->raw("/later", [this](const exchange_ptr& e) {
      e->on_abort([this] { is_gone = true; });
      waiting = e;
    });
    table->raw("/large", [](const exchange_ptr& e) {
      response r;
      r.body.assign(8u << 20, 'x');
      e->respond(std::move(r));
    });
    table->raw("/throw", [](const exchange_ptr&) { throw std::runtime_error{"boom"}; });
    table->raw("/drop", [](const exchange_ptr&) {});
    table->raw("/move", [](const exchange_ptr& e) { e->hand_over(1); });
    table->raw("/nowhere", [](const exchange_ptr& e) { e->hand_over(7); });
    table->raw("/upgrade", [this](const exchange_ptr& e) { taken = e->take_socket(); });
    door::options o{.io = io_, .table = table};
    o.max_body = 1'000;
    o.times = times;
    o.live = &live;
    o.reach = [this](std::uint32_t shard, const std::function<void(door&)>& f) {
      if (shard != 1)
        return false;
      asio::post(io_, [this, f] { f(*other); });
      return true;
    };
    front = std::make_shared<door>(std::move(o));
    auto others = std::make_shared<routes>();
    for (const char* path : {"/move", "/echo"})
      others->raw(path, [](const exchange_ptr& e) {
        response r;
        r.body = "other: " + e->req().method + " " + e->req().body;
        e->respond(std::move(r));
      });
    other = std::make_shared<door>(door::options{.io = io_, .table = others});
    tcp::acceptor ears{io_, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
    client_.open(tcp::v4());
    if (receive_bytes > 0)
      client_.set_option(tcp::socket::receive_buffer_size{receive_bytes});
    client_.connect(ears.local_endpoint());
    front->serve(ears.accept(), "127.0.0.1");
    client_.non_blocking(true);
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      boost::system::error_code why;
      bytes.remove_prefix(client_.write_some(asio::buffer(bytes), why));
      io_.poll();
      io_.restart();
      if (why && why != asio::error::would_block)
        return;
    }
  }

  /// Runs the server until `done`, or fails after 5 s.
  template <class Condition>
  bool until(Condition done) {
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (!done()) {
      if (std::chrono::steady_clock::now() > end)
        return false;
      io_.run_one_for(1ms);
      io_.restart();
      if (is_reading)
        read();
    }
    return true;
  }

  /// The next whole answer's status; 0: none came.
  int status() {
    std::size_t end = std::string::npos;
    if (!until([&] { return (end = received.find("\r\n\r\n")) != std::string::npos; }))
      return 0;
    head = received.substr(0, end + 4);
    received.erase(0, end + 4);
    const auto at = head.find("Content-Length: ");
    const auto size = at == std::string::npos ? 0 : std::stoull(head.substr(at + 16));
    body.clear();
    if (!is_head && !until([&] { return received.size() >= size; }))
      return 0;
    if (!is_head) {
      body = received.substr(0, size);
      received.erase(0, size);
    }
    return std::stoi(head.substr(9, 3));
  }
  int ask(std::string_view bytes) {
    send(bytes);
    return status();
  }
  bool closes() {
    return until([&] { return is_closed; });
  }
  /// What the client's kernel has, but no more than so much.
  std::size_t sip(std::size_t bytes) {
    std::string into(bytes, '\0');
    boost::system::error_code why;
    const auto n = client_.read_some(asio::buffer(into), why);
    is_closed = is_closed || (why && why != asio::error::would_block);
    return n;
  }
  void hang_up() {
    client_.close();
    is_reading = false;
  }

  std::string head;
  std::string body;
  std::string received;
  bool is_closed = false;
  bool is_reading = true;
  bool is_head = false;
  bool is_gone = false;
  exchange_ptr waiting;
  std::unique_ptr<upgraded> taken;
  std::shared_ptr<door> front;
  std::shared_ptr<door> other; // of another shard
  std::atomic<std::uint64_t> live{0};

private:
  void read() {
    std::array<char, 65'536> bytes;
    boost::system::error_code why;
    const auto n = client_.read_some(asio::buffer(bytes), why);
    received.append(bytes.data(), n);
    if (why && why != asio::error::would_block)
      is_closed = true;
  }

  tcp::socket client_;
};

std::string get(const std::string& path, const std::string& fields = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

} // namespace

TEST_CASE("a connection answers one request after the other", "[net][http]") {
  conversation c;
  CHECK(c.ask(get("/echo")) == 200);
  CHECK(c.body == "GET ");
  CHECK(c.head.find("X-Content-Type-Options: nosniff\r\n") != std::string::npos);
  CHECK(c.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello") == 200);
  CHECK(c.body == "POST hello");
  CHECK(c.live == 1);
}

TEST_CASE("pipelined requests are answered in order", "[net][http]") {
  conversation c;
  std::string all;
  for (int i = 0; i < 200; ++i)
    all += "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n" + std::to_string(100 + i);
  c.send(all);
  for (int i = 0; i < 200; ++i) {
    REQUIRE(c.status() == 200);
    REQUIRE(c.body == "POST " + std::to_string(100 + i));
  }
}

TEST_CASE("a request is read however its bytes are cut", "[net][http]") {
  const std::string request = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                              "chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n";
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    conversation c;
    c.send(request.substr(0, cut));
    REQUIRE(c.ask(request.substr(cut)) == 200);
    REQUIRE(c.body == "POST hello");
  }
}

TEST_CASE("HEAD gets the head only and HTTP/1.0 is closed", "[net][http]") {
  conversation c;
  c.is_head = true;
  CHECK(c.ask("HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n") == 200);
  CHECK(c.head.find("Content-Length: 5\r\n") != std::string::npos);
  c.is_head = false;
  CHECK(c.ask("GET /echo HTTP/1.0\r\nHost: a\r\n\r\n") == 200);
  CHECK(c.closes());
  CHECK(c.received.empty());
}

TEST_CASE("Connection: close is honoured", "[net][http]") {
  conversation c;
  CHECK(c.ask(get("/echo", "Connection: close\r\n") + get("/echo")) == 200);
  CHECK(c.closes());
  CHECK(c.received.empty());
  c.hang_up();
  CHECK(c.until([&] { return c.live == 0; }));
}

TEST_CASE("a refused request ends the connection with one answer", "[net][http]") {
  struct row {
    std::string bytes;
    int status;
  };
  const std::string post = "POST /echo HTTP/1.1\r\nHost: a\r\n";
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const std::vector<row> rows{
    {"GET / HTTP/1.1\nHost: a\n\n", 400},
    {std::string{"\x16\x03\x01\x00", 4}, 400},
    {post + "Transfer-Encoding: chunked, identity\r\n\r\n" + get("/echo"), 400},
    {post + "Content-Length: 1001\r\n\r\n" + std::string(1'001, 'x'), 413},
    {chunked + "3e9\r\n" + std::string(1'001, 'x') + "\r\n0\r\n\r\n", 413},
    {chunked + "FFFFFFFFFFFFFFFFF\r\n{}", 400},
    {chunked + "FFFFFFFFFFFFFFFF\r\n{}", 413},
    {chunked + "-2\r\n{}\r\n0\r\n\r\n", 400},
    {chunked + "0x2\r\n{}\r\n0\r\n\r\n", 400},
    {chunked + "\r\n{}\r\n0\r\n\r\n", 400},
    {chunked + "2\r\n{}}}\r\n0\r\n\r\n", 400},
    {chunked + "2\n{}\r\n0\r\n\r\n", 400},
    {chunked + "2\r\n{}\r\n0\r\nAuthorization: Bearer x\r\n\r\n", 400},
    {chunked + "2;" + std::string(60'000, 'x') + "\r\n{}\r\n0\r\n\r\n", 400},
    {"GET /" + std::string(20'000, 'a'), 414},
    {get("/echo").substr(0, 20) + "A: b\r\n" + std::string(20'000, 'a'), 431},
    {"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400},
  };
  for (const auto& r : rows) {
    INFO(r.bytes.substr(0, 120));
    conversation c;
    CHECK(c.ask(r.bytes) == r.status);
    CHECK(c.body.starts_with(R"({"status":"error","code":")"));
    CHECK(c.closes());
    CHECK(c.received.empty());
  }
}

TEST_CASE("a body is asked for when the client waits to be asked", "[net][http]") {
  conversation c;
  CHECK(
    c.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    == 100);
  CHECK(c.ask("{}") == 200);
  CHECK(
    c.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\nExpect: 100-continue\r\n\r\n")
    == 413);
}

TEST_CASE("a route may take larger bodies than others, or only smaller ones", "[net][http]") {
  struct row {
    std::string target;
    std::size_t size;
    int status;
  };
  const std::vector<row> rows{
    {"/echo", 1'000, 200},          {"/echo", 1'001, 413},      {"/roomy/", 5'000, 200},
    {"/roomy/?sid=x", 5'000, 200},  {"/%72oomy/", 5'000, 200},  {"/roomy", 1'001, 413},
    {"/narrow/x", 10, 200},         {"/narrow/x", 11, 413},     {"/api/v1/roomy/", 1'001, 413},
    {"/roomy/%zz", 1'001, 413},     {"/roomy/%2f", 1'001, 413}, {"/nothing", 1'001, 413},
    {"http://a/roomy/", 5'000, 200}};
  for (const auto& r : rows)
    for (const bool is_chunked : {false, true}) {
      CAPTURE(r.target, r.size, is_chunked);
      const std::string body(r.size, 'x');
      std::ostringstream bytes;
      bytes << "POST " << r.target << " HTTP/1.1\r\nHost: a\r\n";
      if (is_chunked)
        bytes << "Transfer-Encoding: chunked\r\n\r\n"
              << std::hex << r.size << "\r\n"
              << body << "\r\n0\r\n\r\n";
      else
        bytes << "Content-Length: " << r.size << "\r\n\r\n" << body;
      conversation c;
      CHECK(c.ask(bytes.str()) == r.status);
      CHECK((r.status != 200 || c.body == "POST " + body));
    }
}

TEST_CASE("a route with larger bodies gives slow ones no more time than others", "[net][http]") {
  door_times times;
  times.body = 30ms;
  times.sweep = 5ms;
  conversation c{times};
  c.send(
    "POST /roomy/ HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(conversation::roomy)
    + "\r\n\r\n");
  c.until([&] { return c.live == 1; });
  // a minute for other bodies
  CHECK(c.ask(std::string(60'000, 'x')) == 408);
}

TEST_CASE("a route has words of its own for a body that is too large", "[net][http]") {
  const std::string post =
    "POST /own?q=%41 HTTP/1.1\r\nHost: a\r\nX-Request-Id: mine\r\nOrigin:  b \r\n";
  for (const auto* body :
       {"Content-Length: 1001\r\n\r\n", "Content-Length: 99999999999999999999999\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n3e9\r\n"}) {
    CAPTURE(body);
    conversation c;
    CHECK(c.ask(post + body + std::string(1'001, 'x') + get("/echo")) == 413);
    CHECK(c.body == "POST /own A b");
    CHECK(c.head.find("X-Request-Id: mine\r\n") != std::string::npos);
    CHECK(c.closes());
    CHECK(c.received.empty());
  }
  for (const auto* other :
       {"Content-Length: 1001\r\nContent-Length: 1001\r\n\r\n", "Expect: x\r\n\r\n"}) {
    CAPTURE(other);
    conversation c; // only what is refused for its size alone was read
    CHECK(c.ask(post + other) >= 400);
    CHECK(c.body.starts_with(R"({"status":"error","code":")"));
  }
}

TEST_CASE("a request id is taken over if it is one and made otherwise", "[net][http]") {
  conversation c;
  c.ask(get("/echo", "X-Request-Id: abc.DEF_1-2\r\n"));
  CHECK(c.head.find("X-Request-Id: abc.DEF_1-2\r\n") != std::string::npos);
  c.ask(get("/echo", "X-Request-Id: not this one\r\n"));
  CHECK(c.head.find("not this one") == std::string::npos);
  CHECK(c.head.find("X-Request-Id: req-") != std::string::npos);
}

TEST_CASE("a handler that throws or forgets does not take the connection with it", "[net][http]") {
  conversation c;
  CHECK(c.ask(get("/throw")) == 500);
  CHECK(c.ask(get("/drop")) == 503);
  CHECK(c.head.find("Retry-After: 1\r\n") != std::string::npos);
  CHECK(c.ask(get("/echo")) == 200);
}

TEST_CASE("an answer may come later, and the second is ignored", "[net][http]") {
  conversation c;
  c.send(get("/later") + get("/echo"));
  REQUIRE(c.until([&] { return c.waiting != nullptr; }));
  response r;
  r.body = "late";
  c.waiting->respond(r);
  c.waiting->respond(r);
  CHECK(c.status() == 200);
  CHECK(c.body == "late");
  CHECK(c.status() == 200);
  CHECK(c.body == "GET ");
}

TEST_CASE("who waits for an answer and leaves is noticed", "[net][http]") {
  conversation c;
  c.send(get("/later"));
  REQUIRE(c.until([&] { return c.waiting != nullptr; }));
  c.hang_up();
  CHECK(c.until([&] { return c.is_gone; }));
  c.waiting.reset();
  CHECK(c.until([&] { return c.live == 0; }));
}

TEST_CASE("slow requests and idle connections end", "[net][http]") {
  door_times times;
  times.header = times.idle = times.body = times.linger = 30ms;
  times.sweep = 5ms;
  {
    conversation c{times};
    CHECK(c.ask("GET / HTT") == 408);
    CHECK(c.closes());
  }
  {
    conversation c{times};
    CHECK(c.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe") == 408);
  }
  {
    conversation c{times};
    CHECK(c.ask(get("/echo")) == 200);
    CHECK(c.closes());
    CHECK(c.until([&] { return c.live == 0; }));
  }
}

TEST_CASE("a client that does not read is cut after a while", "[net][http]") {
  door_times times;
  times.write = 50ms;
  times.sweep = 5ms;
  conversation c{times};
  c.is_reading = false;
  c.send(get("/large"));
  CHECK(c.until([&] { return c.live == 0; }));
}

TEST_CASE("a client that reads slowly is not cut", "[net][http]") {
  door_times times;
  times.write = 400ms;
  times.sweep = 5ms;
  conversation c{times, 4'096};
  c.is_reading = false;
  c.send(get("/large"));
  std::size_t received = 0;
  // 40 KiB/s: the kernel takes more only when it has sent tens of KiB.
  for (auto next = std::chrono::steady_clock::now(); received < 100'000 && !c.is_closed;) {
    next += 25ms;
    REQUIRE(c.until([&] { return std::chrono::steady_clock::now() >= next; }));
    received += c.sip(1'024);
  }
  CHECK(received >= 100'000);
  CHECK(c.live == 1);
}

TEST_CASE("a large answer arrives whole at a client that reads", "[net][http]") {
  conversation c;
  CHECK(c.ask(get("/large")) == 200);
  CHECK(c.body.size() == 8u << 20);
}

TEST_CASE("an upgrade takes the socket and what came behind the handshake", "[net][http]") {
  conversation c;
  c.send(get("/upgrade", "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n") + "frame");
  REQUIRE(c.until([&] { return c.taken != nullptr; }));
  CHECK(c.taken->leftover == "frame");
  CHECK(c.taken->handshake["Upgrade"] == "WebSocket");
  CHECK(c.taken->stream.is_open());
  CHECK(c.live == 0);
}

TEST_CASE(
  "a connection moves to another shard with its request and what came behind", "[net][http]") {
  conversation c;
  CHECK(c.ask(get("/echo")) == 200);
  c.send("POST /move HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" + get("/echo"));
  CHECK(c.status() == 200);
  CHECK(c.body == "other: POST hello");
  CHECK(c.status() == 200); // was read by the first shard already
  CHECK(c.body == "other: GET ");
  CHECK(c.front->connections() == 0);
  CHECK(c.other->connections() == 1);
  CHECK(c.ask(get("/echo")) == 200); // and there it stays
  CHECK(c.body == "other: GET ");
  c.hang_up();
  CHECK(c.until([&] { return c.other->connections() == 0; }));
}

TEST_CASE("a shard that is not there is an error, and the connection goes on", "[net][http]") {
  conversation c;
  CHECK(c.ask(get("/nowhere")) == 503);
  CHECK(c.ask(get("/echo")) == 200);
  CHECK(c.body == "GET ");
}

TEST_CASE("the end of the server cuts every connection", "[net][http]") {
  conversation c;
  CHECK(c.ask(get("/echo")) == 200);
  c.front->close_all();
  CHECK(c.closes());
  CHECK(c.live == 0);
}
