#include "domain/limits.hpp"
#include "net/engineio/packet.hpp"
#include "net/engineio/server.hpp"
#include "net/json/reader.hpp"
#include "net/msgpack/writer.hpp"
#include "net/shard.hpp"
#include "net/shard_queue.hpp"
#include "net/socketio/connection.hpp"
#include "tests/support/fake_exchange.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace std::string_literals;
using net::socketio::packet;
using net::socketio::when_busy;

namespace {

constexpr auto separator = "\x1e";

struct application;

/// Writes down what happens, and answers as the application is told to.
class visitor final : public net::socketio::resident {
public:
  visitor(application& a, net::socketio::socket& s) : app_{a}, socket_{s.weak_from_this()} {}
  void on_connect(const packet& p) override;
  void on_event(packet& p) override;
  void on_left(std::string_view reason) override;

  application& app_;
  std::weak_ptr<net::socketio::socket> socket_;
};

class guest final : public net::socketio::connection, public std::enable_shared_from_this<guest> {
public:
  guest(application& a, net::engineio::environment& shared, std::string sid);
  ~guest() override;

private:
  std::shared_ptr<session> self() override { return shared_from_this(); }
  void on_end(std::string_view reason, bool is_final) override;
  void send(const net::frame_ptr& packet) override {
    frames_.push(packet);
    mark_dirty();
  }
  bool wants_input() const override { return true; }
  void mark_dirty() override;

  application& app_;
  net::write_queue frames_;
};

enum class answering : std::uint8_t { accepts, refuses, waits };

struct application {
  explicit application(std::chrono::milliseconds connect_timeout = 10s)
      : home{0, queue, nullptr, 1u << 20},
        engine{
          home,
          {.limits = {}, .origins = {}, .shards = 1, .random = [this] { return next_random(); }},
          [this, connect_timeout](
            net::engineio::environment& shared, std::string fresh, const net::http::exchange_ptr&) {
            wait = connect_timeout;
            auto client = std::make_shared<guest>(*this, shared, std::move(fresh));
            client->wait_for_connect();
            last = client;
            live.insert(client.get());
            return client;
          }} {
    for (std::string nsp : {"/", "/admin"})
      known.add(nsp, [this](net::socketio::socket& s) {
        sockets[s.nsp()] = s.weak_from_this();
        return std::make_shared<visitor>(*this, s);
      });
  }

  std::string next_random() {
    auto text = std::to_string(++made);
    return std::string(20 - text.size(), 'r') + text;
  }
  std::shared_ptr<support::fake_exchange>
  ask(std::string method, std::string of, std::string body = {}) {
    auto e = std::make_shared<support::fake_exchange>(home);
    e->req().method = std::move(method);
    e->req().query = {{"EIO", "4"}, {"transport", "polling"}};
    if (!of.empty())
      e->req().query.emplace_back("sid", std::move(of));
    e->req().body = std::move(body);
    engine.handle(e);
    turn();
    return e;
  }
  void open() {
    ask("GET", "");
    sid = last.lock()->sid();
  }
  /// One body of these packets; the status of its answer.
  int say(const std::vector<std::string>& packets) {
    std::string body;
    for (const auto& each : packets)
      body += (body.empty() ? "" : separator) + each;
    const auto e = ask("POST", sid, body);
    REQUIRE(e->answer);
    return e->answer->status;
  }
  /// What waits for the client. Empty: nothing, and the GET would be held.
  std::string hear() {
    const auto e = ask("GET", sid);
    const auto body = e->answer ? e->answer->body : std::string{};
    if (!e->answer)
      held = e;
    return body;
  }
  bool is_open() const {
    const auto client = last.lock();
    return client != nullptr && !client->is_over();
  }
  std::shared_ptr<net::socketio::socket> at(const std::string& nsp) { return sockets[nsp].lock(); }
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

  net::socketio::namespaces known;
  std::map<std::string, std::weak_ptr<net::socketio::socket>> sockets;
  std::weak_ptr<guest> last;
  std::set<guest*> live;
  net::shard_queue queue;
  net::shard home;
  std::chrono::milliseconds wait{};
  std::string sid;
  std::shared_ptr<support::fake_exchange> held;
  std::vector<std::string> seen; // what the application saw
  answering how = answering::accepts;
  int made = 0;
  net::engineio::server engine;
};

void visitor::on_connect(const packet& p) {
  const auto s = socket_.lock();
  app_.seen.push_back("connect " + s->nsp() + ' ' + (p.has_data ? net::json::write(p.data) : ""));
  if (app_.how == answering::accepts)
    s->accept("sid-of-" + s->nsp());
  else if (app_.how == answering::refuses)
    s->refuse("no", R"({"code":"x"})");
}

void visitor::on_event(packet& p) {
  const auto s = socket_.lock();
  const auto name = net::socketio::name_of(p);
  const auto args = net::socketio::arguments_of(p);
  app_.seen.push_back("event " + s->nsp() + ' ' + name + ' ' + args);
  if (p.id)
    s->acknowledge(*p.id, {args, p.attachments});
  else if (name == "echo")
    s->emit("echo-back", {args, p.attachments});
  else if (name == "leave")
    s->leave();
}

void visitor::on_left(std::string_view reason) {
  app_.seen.push_back("left " + std::string{reason});
}

guest::guest(application& a, net::engineio::environment& shared, std::string sid)
    : connection{shared, std::move(sid), frames_, a.known, a.wait}, app_{a} {}

guest::~guest() {
  app_.live.erase(this);
}

void guest::on_end(std::string_view reason, bool) {
  app_.seen.push_back("end " + std::string{reason});
}

void guest::mark_dirty() {
  boost::asio::post(app_.queue.io(), [keep = shared_from_this()] { keep->flush_transport(); });
}

/// A client that has joined "/".
application& joined(application& app) {
  app.open();
  app.say({"40"});
  REQUIRE(app.hear() == R"(40{"sid":"sid-of-/"})");
  app.seen.clear();
  return app;
}

} // namespace

TEST_CASE("a namespace is joined with what the client says of itself", "[net][socketio]") {
  application app;
  app.open();
  app.say({R"(40{"token":"t"})", "40/admin,"});
  CHECK(app.seen == std::vector{R"(connect / {"token":"t"})"s, "connect /admin "s});
  CHECK(
    app.hear() == R"(40{"sid":"sid-of-/"})"s + separator + R"(40/admin,{"sid":"sid-of-/admin"})");
  app.say({R"(42/admin,["echo",1])", R"(42["echo",2])"});
  CHECK(app.hear() == R"(42/admin,["echo-back",1])"s + separator + R"(42["echo-back",2])");
}

TEST_CASE("a name that may be recovered has its pid in the answer", "[net][socketio]") {
  application app;
  app.how = answering::waits;
  app.open();
  app.say({"40"});
  app.at("/")->replay({R"(["missed","1.1"])"});
  app.at("/")->accept("s", "p");
  CHECK(app.hear() == R"(42["missed","1.1"])"s + separator + R"(40{"sid":"s","pid":"p"})");
}

TEST_CASE("an unknown namespace is refused, the connection stays", "[net][socketio]") {
  application app;
  app.open();
  CHECK(app.say({"40/other", "40/admin?x=1,"}) == 200);
  CHECK(
    app.hear()
    == R"(44/other,{"message":"Invalid namespace"})"s + separator
         + R"(44/admin?x=1,{"message":"Invalid namespace"})");
  CHECK(app.is_open());
  CHECK(app.seen.empty());
}

TEST_CASE("who is refused is told why, and may try again", "[net][socketio]") {
  application app;
  app.how = answering::refuses;
  app.open();
  app.say({"40/admin,{}"});
  CHECK(app.hear() == R"(44/admin,{"message":"no","data":{"code":"x"}})");
  app.how = answering::accepts;
  app.say({"40/admin,{}"});
  CHECK(app.hear() == R"(40/admin,{"sid":"sid-of-/admin"})");
}

TEST_CASE("a client that speaks before it is let in is closed", "[net][socketio]") {
  application app;
  app.how = answering::waits;
  app.open();
  app.say({"40", R"(42["early"])"});
  CHECK_FALSE(app.is_open());
  CHECK(app.seen == std::vector{"connect / "s, "left forced close"s, "end forced close"s});
  CHECK(app.at("/") == nullptr);
}

TEST_CASE("what breaks the protocol closes the whole connection", "[net][socketio]") {
  const auto bad = GENERATE(
    "40"s, "40/"s, R"(44{"message":"x"})"s, "4"s, "47"s, "4abc"s, "42{}"s, "42[]"s,
    R"(42["connect"])"s, "43{}"s, "40[]"s, "41[]"s, R"(450-["x"])"s, R"(451["x"])"s,
    R"(45-1-["x"])"s, R"(4599999-["x"])"s, R"(4511-["x"])"s, R"(42/admin,["x"])"s,
    R"(42/admin["x"])"s, "41/admin"s, R"(43/admin,1[])"s, R"(42abc["x"])"s,
    R"(4299999999999999999999["x"])"s, "bAQID"s, R"(451-["x",{"_placeholder":true,"num":1}])"s);
  CAPTURE(bad);
  application app;
  joined(app).say({bad});
  CHECK_FALSE(app.is_open());
  CHECK(app.seen == std::vector{"left forced close"s, "end forced close"s});
}

TEST_CASE("packets without data do nothing", "[net][socketio]") {
  application app;
  CHECK(joined(app).say({"42", "43", "4212", "4312"}) == 200);
  CHECK(app.is_open());
  CHECK(app.seen.empty());
}

TEST_CASE("text between attachments closes", "[net][socketio]") {
  application app;
  joined(app).say({R"(452-["x",{"_placeholder":true,"num":0}])", "bAQID", R"(42["y"])"});
  CHECK_FALSE(app.is_open());
}

TEST_CASE("attachments travel behind their packet, both ways", "[net][socketio]") {
  application app;
  joined(app).say(
    {R"(452-["echo",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}])", "bAQID",
     "bBAUG"});
  CHECK(
    app.hear()
    == R"(452-["echo-back",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}])"s
         + separator + "bAQID" + separator + "bBAUG");
  app.say({R"(451-7["any",{"_placeholder":true,"num":0}])", "bAQID"});
  CHECK(app.hear() == R"(461-7[{"_placeholder":true,"num":0}])"s + separator + "bAQID");
}

TEST_CASE("an object that looks like a placeholder is data where none is due", "[net][socketio]") {
  application app;
  joined(app).say({R"(42["echo",{"_placeholder":true,"num":5}])"});
  CHECK(app.hear() == R"(42["echo-back",{"_placeholder":true,"num":5}])");
}

TEST_CASE("no namespace in time closes the connection", "[net][socketio]") {
  application app{60ms};
  app.open();
  SECTION("a client that says nothing") {}
  SECTION("one that is refused") {
    app.how = answering::refuses;
    app.say({"40"});
  }
  SECTION("one that joins nothing that exists") {
    app.say({"40/other"});
  }
  SECTION("one that has left") {
    app.say({"40", "41"});
  }
  app.until([&] { return !app.seen.empty() && app.seen.back().starts_with("end"); });
  CHECK(app.seen.back() == "end transport close");
}

TEST_CASE("a client that joined in time stays", "[net][socketio]") {
  application app{60ms};
  joined(app);
  bool is_later = false;
  boost::asio::steady_timer later{app.queue.io(), 200ms};
  later.async_wait([&](const boost::system::error_code&) { is_later = true; });
  app.until([&] { return is_later; });
  CHECK(app.is_open());
}

TEST_CASE("a client leaves one namespace and keeps the others", "[net][socketio]") {
  application app;
  joined(app).say({"40/admin", "41/admin", R"(42["echo",1])"});
  CHECK(app.seen.back() == R"(event / echo [1])");
  CHECK(app.seen[1] == "left client namespace disconnect");
  CHECK(app.hear() == R"(40/admin,{"sid":"sid-of-/admin"})"s + separator + R"(42["echo-back",1])");
  app.say({"40/admin"}); // and may come back
  CHECK(app.hear() == R"(40/admin,{"sid":"sid-of-/admin"})");
}

TEST_CASE("the server makes a client leave one namespace", "[net][socketio]") {
  application app;
  joined(app).say({"40/admin", R"(42/admin,["leave"])"});
  CHECK(app.hear() == R"(40/admin,{"sid":"sid-of-/admin"})"s + separator + "41/admin,");
  CHECK(app.seen.back() == "left server namespace disconnect");
  CHECK(app.is_open());
  app.say({R"(42/admin,["x"])"});
  CHECK_FALSE(app.is_open());
}

TEST_CASE("the server sends a client away from everything", "[net][socketio]") {
  application app;
  joined(app).say({"40/admin"});
  app.hear();
  app.last.lock()->disconnect(4503, "kicked");
  CHECK(app.hear() == "41"s + separator + "41/admin," + separator + "6" + separator + "1");
  CHECK(app.seen.back() == "end kicked");
  CHECK_FALSE(app.is_open());
}

TEST_CASE("a client's acknowledgement reaches who asked", "[net][socketio]") {
  application app;
  joined(app);
  std::vector<std::string> answers;
  const auto answered = [&](domain::result<packet> a) {
    answers.push_back(
      a ? net::json::write(a->data) + std::to_string(a->attachments.size()) : a.error().message);
  };
  const auto s = app.at("/");
  s->ask("q", {"[1]"}, 10s, answered);
  s->ask("q", {"[2]"}, 10s, answered);
  CHECK(app.hear() == R"(420["q",1])"s + separator + R"(421["q",2])");
  SECTION("in any order, and once") {
    app.say({R"(431["b"])", R"(430["a"])", R"(430["again"])", "4399[]", "431[]"});
    CHECK(answers == std::vector{R"(["b"]0)"s, R"(["a"]0)"s});
    CHECK(app.is_open());
  }
  SECTION("with attachments") {
    app.say({R"(461-0[{"_placeholder":true,"num":0}])", "bAQID"});
    CHECK(answers == std::vector{R"([{"_placeholder":true,"num":0}]1)"s});
  }
  SECTION("not from another namespace") {
    app.say({"40/admin", "43/admin,0[]"});
    CHECK(answers.empty());
  }
  SECTION("not at all when it leaves") {
    app.say({"41"});
    CHECK(answers == std::vector(2, "The client is gone"s));
  }
  SECTION("not at all when the connection goes") {
    app.say({"1"});
    CHECK(answers == std::vector(2, "The client is gone"s));
  }
}

TEST_CASE("a client that does not acknowledge in time has missed it", "[net][socketio]") {
  application app;
  joined(app);
  std::string answer;
  app.at("/")->ask(
    "q", {"[]"}, 20ms, [&](domain::result<packet> a) { answer = a.error().message; });
  CHECK(app.hear() == R"(420["q"])");
  app.until([&] { return !answer.empty(); });
  CHECK(answer == "The client did not acknowledge in time");
  CHECK(app.say({"430[]"}) == 200);
  CHECK(app.is_open());
}

TEST_CASE("only so many acknowledgements are awaited at once", "[net][socketio]") {
  application app;
  joined(app);
  int failed = 0;
  const auto count = [&](domain::result<packet> a) {
    failed += !a && a.error().code == domain::errc::overloaded;
  };
  for (std::size_t i = 0; i < domain::limits::socketio_questions + 3; ++i)
    app.at("/")->ask("q", {"[]"}, 10s, count);
  CHECK(failed == 3);
  app.say({"430[]"});
  app.at("/")->ask("q", {"[]"}, 10s, count);
  CHECK(failed == 3);
}

TEST_CASE("only so many namespaces are joined at once", "[net][socketio]") {
  application app;
  for (int i = 0; i < 20; ++i)
    app.known.add("/" + std::to_string(i), [&](net::socketio::socket& s) {
      return std::make_shared<visitor>(app, s);
    });
  app.open();
  for (int i = 0; i < 17; ++i)
    app.say({"40/" + std::to_string(i)});
  const auto heard = app.hear();
  CHECK(heard.ends_with(R"(44/16,{"message":"Too many namespaces"})"));
  CHECK(heard.find(R"(40/15,{"sid")") != heard.npos);
}

TEST_CASE("a volatile event waits for nobody", "[net][socketio]") {
  application app;
  joined(app);
  CHECK_FALSE(app.at("/")->emit("now", {"[]"}, {.busy = when_busy::drop})); // no GET waits
  CHECK(app.hear().empty());                                                // now one does
  CHECK(app.at("/")->emit("now", {"[1]"}, {.busy = when_busy::drop}));
  app.turn();
  REQUIRE(app.held->answer);
  CHECK(app.held->answer->body == R"(42["now",1])");
}

TEST_CASE("reserved names are not emitted", "[net][socketio]") {
  application app;
  joined(app);
  for (const auto* name :
       {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"})
    CHECK_FALSE(app.at("/")->emit(name, {"[]"}));
  CHECK(app.hear().empty());
}

TEST_CASE("a client whose first packet is binary speaks MessagePack", "[net][socketio]") {
  const auto packed = [](std::string_view json) {
    std::string text = "b";
    net::engineio::append_base64(text, net::msgpack::writer{}.json(json).take());
    return text;
  };
  application app;
  app.open();
  app.say({packed(R"({"type":0,"nsp":"/"})")});
  CHECK(app.hear() == packed(R"({"type":0,"nsp":"/","data":{"sid":"sid-of-/"}})"));
  app.say({packed(R"({"type":2,"nsp":"/","data":["echo",1]})")});
  CHECK(app.hear() == packed(R"({"type":2,"nsp":"/","data":["echo-back",1]})"));
  std::string answer;
  app.at("/")->ask("q", {"[7]"}, 10s, [&](domain::result<packet> a) {
    answer = a ? net::json::write(a->data) : a.error().message;
  });
  CHECK(app.hear() == packed(R"({"type":2,"nsp":"/","id":0,"data":["q",7]})"));
  app.say({packed(R"({"type":3,"nsp":"/","id":0,"data":["yes"]})")});
  CHECK(answer == R"(["yes"])");
  app.say({packed(R"({"type":0,"nsp":"/other"})")});
  CHECK(
    app.hear() == packed(R"({"type":4,"nsp":"/other","data":{"message":"Invalid namespace"}})"));
  SECTION("and leaves in it") {
    app.say({packed(R"({"type":2,"nsp":"/","data":["leave"]})")});
    CHECK(app.hear() == packed(R"({"type":1,"nsp":"/"})"));
    CHECK(app.is_open());
  }
  SECTION("and nothing else") {
    app.say({R"(42["echo",1])"});
    CHECK_FALSE(app.is_open());
  }
  SECTION("and nothing broken") {
    app.say({"bAQID"});
    CHECK_FALSE(app.is_open());
  }
}

TEST_CASE("connections that never connect leave nothing behind", "[net][socketio]") {
  application app{10ms};
  for (int i = 0; i < 1'000; ++i)
    app.open();
  app.until([&] { return app.engine.sessions() == 0 || app.seen.size() == 1'000; });
  CHECK(app.seen.size() == 1'000);
}
