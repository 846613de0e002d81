#include "tests/tools/scripted_node.hpp"
#include "tests/tools/temporary_folder.hpp"
#include "tools/ctl/commands.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct outcome {
  int code;
  std::string out;
  std::string err;
};

outcome troupectl(std::vector<std::string> arguments) {
  std::vector<const char*> argv{"troupectl"};
  for (const auto& a : arguments)
    argv.push_back(a.c_str());
  std::ostringstream out;
  std::ostringstream err;
  const int code = ctl::run(static_cast<int>(argv.size()), argv.data(), out, err);
  return {code, out.str(), err.str()};
}

const std::string actors_answer = R"({"total":10002,"totals":{"room":2,"session":10000},"actors":[
  {"id":"act_17","type":"room","name":"room:general","mailbox":3,"handled":123456,"busyUs":4200000,"stuckUs":0,"ageMs":185000,
   "restarts":0,"lastMessage":"room_post","lastError":""},
  {"id":"act_4","type":"session","name":"session:zo\u00eb","mailbox":0,"handled":9,"busyUs":850,"stuckUs":0,"ageMs":900,
   "restarts":0,"lastMessage":"session_command","lastError":""}],"deaths":[]})";

} // namespace

TEST_CASE("every command's help has an example of itself", "[tools][ctl]") {
  for (const std::string name :
       {"actors", "actor", "rooms", "room", "sessions", "session", "broadcast", "trace", "why",
        "top", "login"}) {
    INFO(name);
    const auto r = troupectl({name, "--help"});
    CHECK(r.code == 0);
    CHECK(r.out.find("Example: troupectl " + name) != std::string::npos);
    CHECK(r.out.find("Usage: troupectl " + name) != std::string::npos);
    CHECK(r.err.empty());
  }
  CHECK(troupectl({"--help"}).out.find("Example: troupectl") != std::string::npos);
}

TEST_CASE("wrong usage exits 2 with one line", "[tools][ctl]") {
  const std::vector<std::vector<std::string>> wrong{
    {},
    {"nonsense"},
    {"--token", "t", "actors", "--sort", "colour"},
    {"--token", "t", "actors", "--limit", "0"},
    {"--token", "t", "actor"},
    {"--token", "t", "-o", "xml", "rooms"},
    {"--token", "t", "--url", "ftp://x", "rooms"},
    {"--token-file", "/nowhere/token", "rooms"},
    {"rooms"}, // no token
    {"--token", "t", "broadcast", "--all"},
    {"--token", "t", "broadcast", "--event", "e", "--all", "--data", "{"},
    {"--token", "t", "broadcast", "--event", "e", "--all", "--near", "1,2"},
    {"--token", "t", "broadcast", "--event", "e", "--all", "--attribute", "plan"},
    {"--token", "t", "broadcast", "--event", "e", "--all", "--priority", "urgent"},
    {"login", "--email", "a@b.c"}};
  for (const auto& arguments : wrong) {
    INFO(arguments.size() << ' ' << (arguments.empty() ? "" : arguments.back()));
    const auto r = troupectl(arguments);
    CHECK(r.code == 2);
    CHECK(r.out.empty());
    CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
    CHECK(r.err.starts_with("troupectl: "));
  }
}

TEST_CASE("a node that is not there exits 1 with its address", "[tools][ctl]") {
  std::string url;
  {
    boost::asio::io_context io;
    boost::asio::ip::tcp::acceptor free{io, {boost::asio::ip::address_v4::loopback(), 0}};
    url = "http://127.0.0.1:" + std::to_string(free.local_endpoint().port());
  }
  const auto r = troupectl({"--url", url, "--token", "t", "rooms"});
  CHECK(r.code == 1);
  CHECK(r.err == "troupectl: " + url + ": Connection refused\n");
}

TEST_CASE("actors are listed in aligned columns with totals", "[tools][ctl]") {
  tests::scripted_node node{{{200, actors_answer}}};
  const auto r = troupectl(
    {"--url", node.url(), "--token", "t", "actors", "--type", "room", "--sort", "busy", "--limit",
     "5"});
  REQUIRE(r.code == 0);
  CHECK(node.asked().at(0).target() == "/api/v1/admin/actors?sort=busy&limit=5&type=room");
  CHECK(
    r.out
    == "ID      TYPE     NAME          MAILBOX  HANDLED   BUSY  STUCK    AGE  RESTARTS  LAST "
       "MESSAGE\n"
       "act_17  room     room:general        3     123k  4.20s      0   3m05         0  room_post\n"
       "act_4   session  session:zoë         0        9  850µs      0  900ms         0  "
       "session_command\n"
       "\n"
       "2 of 10.0k actors\n"
       "2 room, 10.0k session\n");
}

TEST_CASE("rooms are listed with who is in them", "[tools][ctl]") {
  tests::scripted_node node{
    {{200, R"({"total":1,"rooms":[{"id":"general","name":"General","type":"public","memberCount":12,
    "lastSeq":40321,"epoch":3,"sessions":5,"pending":0,"online":[{"userId":"a"},{"userId":"b"}],"actor":"act_21"}]})"}}};
  const auto r = troupectl({"--url", node.url(), "--token", "t", "rooms", "--limit", "7"});
  REQUIRE(r.code == 0);
  CHECK(node.asked().at(0).target() == "/api/v1/admin/rooms?limit=7");
  CHECK(
    r.out
    == "ID       NAME     TYPE    MEMBERS  ONLINE  SESSIONS  LAST SEQ  EPOCH  PENDING  ACTOR\n"
       "general  General  public       12       2         5     40.3k      3        0  act_21\n"
       "\n"
       "1 of 1 rooms\n");
}

TEST_CASE("a broadcast is sent as the options say", "[tools][ctl]") {
  tests::scripted_node node{
    {{200, R"({"recipients":3,"batched":false})"}, {200, R"({"recipients":null,"batched":true})"}}};
  const auto r = troupectl(
    {"--url",       node.url(),      "--token",    "t",           "broadcast", "--event",
     "news",        "--data",        R"({"x":1})", "--room",      "a",         "--room",
     "b",           "--except-user", "eve",        "--role",      "admin",     "--near",
     "52.5,-13,50", "--attribute",   "plan=gold",  "--attribute", "level=3",   "--priority",
     "low",         "--key",         "k",          "--volatile"});
  CHECK(r.code == 0);
  CHECK(r.out == "sent to 3 sessions\n");
  CHECK(
    troupectl(
      {"--url", node.url(), "--token", "t", "broadcast", "--event", "e", "--all", "--batch"})
      .out
    == "put into a batch\n");
  CHECK(node.asked().at(0).target() == "/api/v1/broadcast");
  CHECK(
    node.asked().at(0).body()
    == R"({"event":"news","data":{"x":1},"target":{"rooms":["a","b"],"exceptUsers":["eve"],)"
       R"("roles":["admin"],"near":{"lat":52.5,"lng":-13,"radiusKm":50},)"
       R"("attributes":{"plan":"gold","level":3}},"priority":"low","key":"k","batch":false,)"
       R"("volatile":true})");
  CHECK(
    node.asked().at(1).body()
    == R"({"event":"e","data":null,"target":{"all":true},"batch":true,"volatile":false})");
}

TEST_CASE("broadcast statistics are shown, or begin anew", "[tools][ctl]") {
  tests::scripted_node node{{{200, R"({"total":7})"}, {204, ""}}};
  CHECK(
    troupectl({"--url", node.url(), "--token", "t", "broadcast", "stats", "--for-room", "a",
               "--for-user", "b"})
      .out
    == "total  7\n");
  CHECK(
    troupectl({"--url", node.url(), "--token", "t", "broadcast", "stats", "--reset"}).code == 0);
  CHECK(node.asked().at(0).target() == "/api/v1/admin/broadcast/stats?room=a&user=b");
  CHECK(node.asked().at(1).method_string() == "DELETE");
}

TEST_CASE("json output is the node's answer untouched", "[tools][ctl]") {
  tests::scripted_node node{{{200, actors_answer}}};
  const auto r = troupectl({"--url", node.url(), "--token", "t", "-o", "json", "actors"});
  CHECK(r.code == 0);
  CHECK(r.out == actors_answer + "\n");
}

TEST_CASE("one actor is shown with its state", "[tools][ctl]") {
  tests::scripted_node node{
    {{200,
      R"({"id":"act_17","type":"room","state":{"epoch":4,"online":["alice","bob"],"typing":[]}})"}}};
  const auto r = troupectl({"--url", node.url(), "--token", "t", "actor", "act_17"});
  REQUIRE(r.code == 0);
  CHECK(
    r.out
    == "id     act_17\n"
       "type   room\n"
       "state\n"
       "  epoch   4\n"
       "  online  [\"alice\",\"bob\"]\n"
       "  typing  []\n");
}

TEST_CASE("kicking a session deletes it", "[tools][ctl]") {
  tests::scripted_node node{{{204, ""}}};
  const auto r = troupectl({"--url", node.url(), "--token", "t", "session", "ses_1", "--kick"});
  CHECK(r.code == 0);
  CHECK(r.out == "ended ses_1\n");
  REQUIRE(node.asked().size() == 1);
  CHECK(node.asked()[0].method_string() == "DELETE");
  CHECK(node.asked()[0].target() == "/api/v1/admin/sessions/ses_1");
}

TEST_CASE("a refused command exits 1", "[tools][ctl]") {
  tests::scripted_node node{
    {{401, R"({"code":"unauthorized","message":"The token has expired"})"}}};
  const auto r = troupectl({"--url", node.url(), "--token", "t", "sessions"});
  CHECK(r.code == 1);
  CHECK(r.out.empty());
  CHECK(r.err.find("401 unauthorized: The token has expired") != std::string::npos);
}

TEST_CASE("top prints once when asked to", "[tools][ctl]") {
  tests::scripted_node node{
    {{200,
      R"({"node":"a","uptimeSeconds":10.0,"sessions":12000,"rooms":3,"liveActors":12050,"connections":11990,
      "delivered":50000,"dropped":0,"httpRequests":20,"process":{"residentBytes":104857600,"cpuSeconds":5.0,"openFds":99}})"},
     {200,
      R"({"actors":[{"id":"act_17","type":"room","name":"room:x","mailbox":2,"handled":1000,"busyUs":250000,
      "stuckUs":0,"ageMs":1000,"lastMessage":"room_post"}]})"}}};
  const auto r = troupectl({"--url", node.url(), "--token", "t", "top", "--once"});
  REQUIRE(r.code == 0);
  CHECK(
    r.out
    == "a  up 10.0s  cpu 50%  memory 105MB  files 99\n"
       "12.0k connections, 12.0k sessions, 3 rooms, 12.1k actors, 5000 delivered/s, 0 dropped/s, 2 "
       "requests/s\n"
       "\n"
       "ID      TYPE  NAME    BUSY  MSG/S  MAILBOX  STUCK  LAST MESSAGE\n"
       "act_17  room  room:x   25%   1000        2      0  room_post\n");
}

TEST_CASE("login prints the token and nothing else", "[tools][ctl]") {
  tests::temporary_folder folder;
  const auto file = folder.with("password", "Geheim\"1\n");
  tests::scripted_node node{
    {{200, R"({"user":{},"accessToken":"abc.def","refreshToken":"r","expiresIn":900})"}}};
  const auto r =
    troupectl({"login", "--email", "a@b.c", "--password-file", file, "--url", node.url()});
  CHECK(r.code == 0);
  CHECK(r.out == "abc.def\n");
  REQUIRE(node.asked().size() == 1);
  CHECK(node.asked()[0].target() == "/api/v1/auth/login");
  CHECK(node.asked()[0].body() == R"({"email":"a@b.c","password":"Geheim\"1"})");
}

TEST_CASE("the token comes from a file", "[tools][ctl]") {
  tests::temporary_folder folder;
  const auto file = folder.with("token", "from-file\n");
  tests::scripted_node node{{{200, R"({"rooms":[],"total":0})"}}};
  const auto r = troupectl({"--url", node.url(), "--token-file", file, "rooms"});
  CHECK(r.code == 0);
  CHECK(r.out == "0 of 0 rooms\n");
  CHECK(node.asked().at(0)["Authorization"] == "Bearer from-file");
}
