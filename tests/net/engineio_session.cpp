#include "net/engineio/server.hpp"
#include "net/shard.hpp"
#include "net/shard_queue.hpp"
#include "tests/support/fake_exchange.hpp"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

using asked = support::fake_exchange;
using asked_ptr = std::shared_ptr<asked>;

struct application;

/// Sends every message back, unless it is told to be busy.
class echo final : public net::engineio::session, public std::enable_shared_from_this<echo> {
public:
  echo(application& a, net::engineio::environment& shared, std::string sid)
      : session{shared, std::move(sid), frames_}, app_{a} {}
  ~echo() override;

  void say(std::string text) { send(net::make_text_frame("4" + text)); }

private:
  std::shared_ptr<session> self() override { return shared_from_this(); }
  void on_data(std::string_view bytes, bool binary) override;
  void on_closed(std::string_view reason, bool is_final) override;
  void send(const net::frame_ptr& packet) override {
    frames_.push(packet);
    mark_dirty();
  }
  bool wants_input() const override;
  void mark_dirty() override;

  application& app_;
  net::write_queue frames_;
};

struct application {
  explicit application(net::engineio::options limits = {}, std::vector<std::string> origins = {})
      : home{0, queue, nullptr, 1u << 20}, engine{
                                             home,
                                             {.limits = limits,
                                              .origins = std::move(origins),
                                              .shards = 4,
                                              .random = [this] { return next_random(); }},
                                             [this](
                                               net::engineio::environment& shared, std::string sid,
                                               const net::http::exchange_ptr&) {
                                               auto echoing = std::make_shared<echo>(
                                                 *this, shared, std::move(sid));
                                               last = echoing;
                                               live.insert(echoing.get());
                                               return echoing;
                                             }} {}

  std::string next_random() {
    auto text = std::to_string(++made);
    return std::string(20 - text.size(), 'r') + text;
  }

  asked_ptr ask(
    std::string method, std::vector<std::pair<std::string, std::string>> query,
    std::string body = {}, std::vector<std::pair<std::string, std::string>> headers = {}) {
    auto e = std::make_shared<asked>(home);
    e->req().method = std::move(method);
    e->req().query = std::move(query);
    e->req().body = std::move(body);
    e->req().headers = std::move(headers);
    e->req().headers.emplace_back("Host", "localhost:8080");
    engine.handle(e);
    turn();
    return e;
  }
  asked_ptr get(const std::string& sid) {
    return ask("GET", {{"EIO", "4"}, {"transport", "polling"}, {"sid", sid}});
  }
  asked_ptr
  post(const std::string& sid, std::string body, std::string type = "text/plain;charset=UTF-8") {
    return ask(
      "POST", {{"EIO", "4"}, {"transport", "polling"}, {"sid", sid}}, std::move(body),
      {{"Content-Type", std::move(type)}});
  }
  std::string open() {
    const auto e = ask("GET", {{"EIO", "4"}, {"transport", "polling"}});
    REQUIRE(e->answer);
    const auto& body = e->answer->body;
    const auto begin = body.find("\"sid\":\"") + 7;
    return body.substr(begin, body.find('"', begin) - begin);
  }
  /// Everything that is ready, but no waiting for timers.
  void turn() {
    queue.io().restart();
    queue.io().poll();
  }
  template <class Condition>
  void until(Condition condition) {
    queue.io().restart();
    while (!condition())
      REQUIRE(queue.io().run_one_for(5s) > 0);
  }

  std::weak_ptr<echo> last;
  std::set<echo*> live; // outlives the queue, whose left-over handlers hold sessions
  net::shard_queue queue;
  net::shard home;
  std::vector<std::string> received;
  std::vector<std::string> reasons;
  bool is_busy = false;
  int made = 0;
  net::engineio::server engine;
};

echo::~echo() {
  app_.live.erase(this);
}

void echo::on_data(std::string_view bytes, bool binary) {
  app_.received.emplace_back(bytes);
  if (binary)
    send(net::make_binary_frame(bytes));
  else
    say(std::string{bytes});
}

void echo::on_closed(std::string_view reason, bool) {
  app_.reasons.emplace_back(reason);
}

bool echo::wants_input() const {
  return !app_.is_busy;
}

void echo::mark_dirty() {
  boost::asio::post(app_.queue.io(), [keep = shared_from_this()] { keep->flush_transport(); });
}

std::string body_of(const asked_ptr& e) {
  REQUIRE(e->answer);
  return e->answer->body;
}

int status_of(const asked_ptr& e) {
  REQUIRE(e->answer);
  return e->answer->status;
}

std::string header_of(const asked_ptr& e, std::string_view name) {
  for (const auto& [key, value] : e->answer->headers)
    if (key == name)
      return value;
  return {};
}

} // namespace

TEST_CASE(
  "a polling handshake is answered at once with the open packet", "[net][engineio][session]") {
  application app;
  const auto e = app.ask("GET", {{"EIO", "4"}, {"transport", "polling"}});
  CHECK(status_of(e) == 200);
  CHECK(e->answer->content_type == "text/plain; charset=UTF-8");
  CHECK(header_of(e, "Cache-Control") == "no-store");
  CHECK(
    body_of(e)
    == R"(0{"sid":"rrrrrrrrrrrrrrrrrrr1AA","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})");
  CHECK(app.engine.sessions() == 1);
}

TEST_CASE(
  "messages of a body are handled in order, and answered by the next GET",
  "[net][engineio][session]") {
  application app;
  const auto sid = app.open();
  const auto sent = app.post(
    sid, "4one\x1e"
         "bAQIDBA==\x1e"
         "4two€");
  CHECK(status_of(sent) == 200);
  CHECK(sent->answer->content_type == "text/html");
  CHECK(body_of(sent) == "ok");
  CHECK(
    body_of(app.get(sid))
    == "4one\x1e"
       "bAQIDBA==\x1e"
       "4two€");
}

TEST_CASE("a GET waits until there is something to say", "[net][engineio][session]") {
  application app;
  const auto sid = app.open();
  const auto waiting = app.get(sid);
  CHECK_FALSE(waiting->answer);
  app.post(sid, "4hello");
  CHECK(body_of(waiting) == "4hello");
}

TEST_CASE("a second GET closes the session", "[net][engineio][session]") {
  application app;
  const auto sid = app.open();
  const auto first = app.get(sid);
  const auto second = app.get(sid);
  CHECK(status_of(first) == 200);
  CHECK(body_of(first) == "1");
  CHECK(status_of(second) == 400);
  CHECK(body_of(second).empty());
  CHECK(app.reasons == std::vector{"transport error"s});
  CHECK(body_of(app.get(sid)) == R"({"code":1,"message":"Session ID unknown"})");
  CHECK(app.live.empty());
}

TEST_CASE("a GET whose connection breaks closes the session", "[net][engineio][session]") {
  application app;
  const auto sid = app.open();
  app.get(sid)->abort();
  CHECK(app.reasons == std::vector{"transport error"s});
  CHECK(app.engine.sessions() == 0);
}

TEST_CASE("a client that leaves ends its waiting GET with a noop", "[net][engineio][session]") {
  application app;
  const auto sid = app.open();
  const auto waiting = app.get(sid);
  CHECK(body_of(app.post(sid, "1")) == "ok");
  CHECK(body_of(waiting) == "6");
  CHECK(app.reasons == std::vector{"transport close"s});
  CHECK(status_of(app.get(sid)) == 400);
}

TEST_CASE("a body that cannot be decoded closes the session", "[net][engineio][session]") {
  const auto body = GENERATE(
    ""s, "abc"s, "\x1e"s, "4a\x1e\x1e"s, "bA"s, "4\xff"s,
    "4a\x1e"
    "9"s);
  CAPTURE(body);
  application app;
  const auto sid = app.open();
  CHECK(status_of(app.post(sid, body)) == 400);
  CHECK(app.reasons == std::vector{"parse error"s});
  CHECK(status_of(app.get(sid)) == 400);
}

TEST_CASE(
  "a ping from a client closes the session, what is not for the server is ignored",
  "[net][engineio][session]") {
  application app;
  const auto sid = app.open();
  CHECK(
    status_of(app.post(
      sid, "0\x1e"
           "5\x1e"
           "6\x1e"
           "3\x1e"
           "4still"))
    == 200);
  CHECK(app.received == std::vector{"still"s});
  CHECK(body_of(app.get(sid)) == "4still");
  app.post(sid, "2");
  CHECK(app.reasons == std::vector{"transport error"s});
}

TEST_CASE(
  "a body of bytes is an error, one that is too large is not the session's end",
  "[net][engineio][session]") {
  net::engineio::options limits;
  limits.max_payload = 10;
  application app{limits};
  const auto sid = app.open();
  CHECK(status_of(app.post(sid, "4" + std::string(10, 'x'))) == 413);
  CHECK(status_of(app.post(sid, "4€€€")) == 200);  // ten bytes, four characters
  CHECK(status_of(app.post(sid, "4€€€x")) == 413); // eleven bytes
  CHECK(app.reasons.empty());
  CHECK(status_of(app.post(sid, "4x", "application/octet-stream")) == 400);
  CHECK(app.reasons == std::vector{"transport error"s});
}

TEST_CASE(
  "a busy application holds the answer to a body, and the rest of it", "[net][engineio][session]") {
  application app;
  const auto sid = app.open();
  app.is_busy = true;
  const auto held = app.post(
    sid, "4a\x1e"
         "4b");
  CHECK_FALSE(held->answer);
  CHECK(app.received.empty());
  app.is_busy = false;
  app.last.lock()->resume_transport();
  CHECK(body_of(held) == "ok");
  CHECK(app.received == std::vector{"a"s, "b"s});
}

TEST_CASE("a second body while the first is held closes the session", "[net][engineio][session]") {
  application app;
  const auto sid = app.open();
  app.is_busy = true;
  const auto held = app.post(sid, "4a");
  CHECK(status_of(app.post(sid, "4b")) == 400);
  CHECK(app.reasons == std::vector{"transport error"s});
  CHECK(held->is_answered());
  CHECK(app.received.empty());
}

TEST_CASE("a server that closes says so to the GET that waits", "[net][engineio][session]") {
  application app;
  const auto sid = app.open();
  const auto waiting = app.get(sid);
  app.last.lock()->close(1000, "forced close");
  CHECK(body_of(waiting) == "1");
  CHECK(status_of(app.get(sid)) == 400);
  CHECK(app.reasons == std::vector{"forced close"s});
}

TEST_CASE(
  "a server that closes leaves its last words for the next GET", "[net][engineio][session]") {
  application app;
  const auto sid = app.open();
  SECTION("nothing was left to say") {
    app.last.lock()->close(1000, "forced close");
    CHECK(body_of(app.post(sid, "4ignored")) == "ok");
    CHECK(
      body_of(app.get(sid))
      == "6\x1e"
         "1");
  }
  SECTION("messages were waiting") {
    app.last.lock()->say("bye");
    app.last.lock()->close(1000, "forced close");
    CHECK(
      body_of(app.get(sid))
      == "4bye\x1e"
         "6\x1e"
         "1");
  }
  CHECK(app.received.empty());
  CHECK(status_of(app.get(sid)) == 400);
  CHECK(app.live.empty());
}

TEST_CASE("the server pings, and a client that answers stays", "[net][engineio][session]") {
  net::engineio::options limits;
  limits.ping_interval = 60ms;
  limits.ping_timeout = 120ms;
  application app{limits};
  const auto sid = app.open();
  for (int i = 0; i < 3; ++i) {
    const auto waiting = app.get(sid);
    app.until([&] { return waiting->answer.has_value(); });
    CHECK(body_of(waiting) == "2");
    app.post(sid, "3");
  }
  CHECK(app.reasons.empty());
}

TEST_CASE(
  "a client that does not answer a ping is closed, whatever else it sends",
  "[net][engineio][session]") {
  net::engineio::options limits;
  limits.ping_interval = 60ms;
  limits.ping_timeout = 120ms;
  application app{limits};
  const auto sid = app.open();
  app.post(
    sid, "3\x1e"
         "4x"); // a pong that nobody asked for buys no time
  const auto begin = std::chrono::steady_clock::now();
  app.until([&] { return !app.reasons.empty(); });
  CHECK(app.reasons == std::vector{"ping timeout"s});
  CHECK(std::chrono::steady_clock::now() - begin >= 150ms);
  CHECK(app.live.empty());
}

TEST_CASE("a session whose time is over is not found by a request", "[net][engineio][session]") {
  net::engineio::options limits;
  limits.ping_interval = limits.ping_timeout = 0ms; // far below the wheel's steps
  application app{limits};
  const auto sid = app.open();
  CHECK(body_of(app.get(sid)) == "2");
  CHECK(status_of(app.get(sid)) == 400);
}

TEST_CASE(
  "methods that polling does not know leave the session alone", "[net][engineio][session]") {
  application app;
  const auto sid = app.open();
  for (const auto* method : {"HEAD", "PUT", "DELETE"}) {
    const auto e = app.ask(method, {{"EIO", "4"}, {"transport", "polling"}, {"sid", sid}});
    CHECK(status_of(e) == 405);
    CHECK(header_of(e, "Allow") == "GET, POST, OPTIONS");
  }
  CHECK(app.engine.sessions() == 1);
}

TEST_CASE("a request for a session of another shard is handed over", "[net][engineio][session]") {
  application app;
  CHECK(app.get(net::engineio::make_sid(std::string(20, 'x'), 3))->handed_to == 3u);
  CHECK(
    status_of(app.get(net::engineio::make_sid(std::string(20, 'x'), 4))) == 400); // there are four
  CHECK(status_of(app.get(net::engineio::make_sid(std::string(20, 'x'), 0))) == 400);
}

TEST_CASE("errors tell browsers of other origins what went wrong", "[net][engineio][session]") {
  application app{{}, {"https://a.example"}};
  const auto with_origin = [&](std::string origin, std::string sid) {
    return app.ask(
      "GET", {{"EIO", "4"}, {"transport", "polling"}, {"sid", std::move(sid)}}, {},
      {{"Origin", std::move(origin)}});
  };
  const auto unknown = with_origin("https://a.example", "nobody");
  CHECK(status_of(unknown) == 400);
  CHECK(header_of(unknown, "Access-Control-Allow-Origin") == "https://a.example");
  const auto forbidden = with_origin("https://evil.example", "");
  CHECK(status_of(forbidden) == 403);
  CHECK(body_of(forbidden) == R"({"code":4,"message":"Forbidden"})");
  CHECK(header_of(forbidden, "Access-Control-Allow-Origin").empty());
  CHECK(status_of(with_origin("http://localhost:8080", "")) == 200);
}

TEST_CASE("a request that HTTP refuses is judged all the same", "[net][engineio][session]") {
  application app{{}, {"https://a.example"}};
  const auto refuse = [&](const std::string& sid, std::string origin) {
    net::http::request head;
    head.method = "POST";
    head.query = {{"EIO", "4"}, {"transport", "polling"}, {"sid", sid}};
    head.headers = {{"Host", "localhost:8080"}, {"Origin", std::move(origin)}};
    return app.engine.refuse_unread(head, 413);
  };
  const auto sid = app.open();
  const auto elsewhere = net::engineio::make_sid(std::string(20, 'x'), 3);
  for (const auto& known : {sid, elsewhere}) {
    const auto answer = refuse(known, "https://a.example");
    CHECK(answer.status == 413);
    CHECK(answer.body.empty());
    CHECK(
      answer.headers.front() == std::pair{"Access-Control-Allow-Origin"s, "https://a.example"s});
  }
  CHECK(refuse("nobody", "").body == R"({"code":1,"message":"Session ID unknown"})");
  CHECK(refuse(sid, "https://evil.example").status == 403);
  CHECK(app.reasons.empty());
  CHECK(status_of(app.post(sid, "4still")) == 200);
}

TEST_CASE("a preflight is answered without a session", "[net][engineio][session]") {
  application app{{}, {"https://a.example"}};
  const auto e = app.ask(
    "OPTIONS", {{"EIO", "4"}, {"transport", "polling"}}, {},
    {{"Origin", "https://a.example"}, {"Access-Control-Request-Headers", "X-Custom"}});
  CHECK(status_of(e) == 204);
  CHECK(header_of(e, "Access-Control-Allow-Origin") == "https://a.example");
  CHECK(header_of(e, "Access-Control-Allow-Credentials") == "true");
  CHECK(header_of(e, "Access-Control-Allow-Methods") == "GET, POST");
  CHECK(header_of(e, "Access-Control-Allow-Headers") == "X-Custom");
  CHECK(app.engine.sessions() == 0);
}

TEST_CASE("a thousand sessions that fall silent leave nothing behind", "[net][engineio][session]") {
  net::engineio::options limits;
  limits.ping_interval = 10ms;
  limits.ping_timeout = 10ms;
  application app{limits};
  for (int i = 0; i < 1'000; ++i)
    app.open(); // on a slow machine the first are silent before the last is there
  CHECK(app.engine.sessions() > 0);
  app.until([&] { return app.engine.sessions() == 0; });
  CHECK(app.live.empty());
}
