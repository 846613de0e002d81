#include "tests/tools/scripted_node.hpp"
#include "tools/ctl/commands.hpp"
#include "tools/ctl/trace.hpp"

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
  std::vector<const char*> argv{"troupectl", "--token", "t"};
  for (const auto& a : arguments)
    argv.push_back(a.c_str());
  std::ostringstream out;
  std::ostringstream err;
  const int code = ctl::run(static_cast<int>(argv.size()), argv.data(), out, err);
  return {code, out.str(), err.str()};
}

const std::string traced =
  R"({"what":"trace","of":"room","id":"lobby","content":false,"lines":9,"seconds":5})"
  "\n"
  R"({"at":"2026-11-24T10:15:30.123Z","what":"command","session":"ses_1","user":"usr_1","command":"join-room","room":"lobby"})"
  "\n"
  R"({"what":"end","reason":"time","lines":1,"dropped":0})"
  "\n";

const std::string why_answer =
  R"({"verdict":"delivered","explanation":"It was written","message":{"id":"msg_1","roomId":"lobby","roomType":"public",
  "seq":7,"senderId":"usr_2","storedAt":"2026-11-24T10:15:30.123Z"},"user":{"id":"usr_1","username":"ann","memberAs":"owner"},
  "exact":true,"otherSessions":0,"deliveries":[{"session":"ses_1","shard":1,"fate":"written","bytes":0,"connected":true},
  {"session":"ses_2","shard":0,"fate":"unsent","bytes":9,"connected":false,"ended":"slow consumer","closeCode":4008}]})";

} // namespace

TEST_CASE("a trace is shown line by line and ends with its last line", "[tools][ctl]") {
  tests::scripted_node node{{{200, traced}}};
  const auto r =
    troupectl({"--url", node.url(), "trace", "room", "a b", "--seconds", "5", "--lines", "9"});
  CHECK(r.code == 0);
  CHECK(r.err.empty());
  CHECK(
    r.out.find("10:15:30.123  command      session=ses_1 user=usr_1 command=join-room room=lobby\n")
    != std::string::npos);
  CHECK(r.out.find("end          reason=time lines=1 dropped=0") != std::string::npos);
  CHECK(node.asked().front().target() == "/api/v1/admin/trace?room=a%20b&seconds=5&lines=9");
}

TEST_CASE("a trace as JSON is what the node gave, and content is asked for", "[tools][ctl]") {
  tests::scripted_node node{{{200, traced}}};
  const auto r =
    troupectl({"--url", node.url(), "-o", "json", "trace", "user", "usr_1", "--content"});
  CHECK(r.code == 0);
  CHECK(r.out == traced);
  CHECK(
    node.asked().front().target()
    == "/api/v1/admin/trace?user=usr_1&seconds=60&lines=1000&content=true");
}

TEST_CASE("a trace of an actor is asked for by the id that actors have", "[tools][ctl]") {
  const std::string watched =
    R"({"what":"trace","of":"actor","id":"act_7","content":false,"lines":9,"seconds":5})"
    "\n"
    R"({"at":"2026-11-24T10:15:30.123Z","what":"handled","messages":2,"last":"m","total":7,"mailbox":0,"busyUs":3})"
    "\n"
    R"({"what":"end","reason":"gone","lines":1,"dropped":0})"
    "\n";
  tests::scripted_node node{{{200, watched}}};
  const auto r = troupectl({"--url", node.url(), "trace", "actor", "act_7"});
  CHECK(r.code == 0);
  CHECK(
    r.out.find("handled      messages=2 last=m total=7 mailbox=0 busyUs=3\n") != std::string::npos);
  CHECK(node.asked().front().target() == "/api/v1/admin/trace?actor=act_7&seconds=60&lines=1000");
}

TEST_CASE("a trace that is cut or refused fails", "[tools][ctl]") {
  const std::string refused = R"({"status":"error","code":"conflict","message":"You have one"})";
  tests::scripted_node node{
    {{200, traced.substr(0, traced.rfind("{\"what\":\"end\""))}, {409, refused}}};
  const auto cut = troupectl({"--url", node.url(), "trace", "session", "ses_1"});
  CHECK(cut.code == 1);
  CHECK(cut.err.find("cut") != std::string::npos);
  const auto again = troupectl({"--url", node.url(), "trace", "session", "ses_1"});
  CHECK(again.code == 1);
  CHECK(again.out.empty());
  CHECK(again.err.find("409 conflict: You have one") != std::string::npos);
}

TEST_CASE("why tells the verdict first", "[tools][ctl]") {
  tests::scripted_node node{{{200, why_answer}, {404, R"({"code":"not_found","message":"m"})"}}};
  const auto r = troupectl({"--url", node.url(), "why", "msg_1", "--user", "usr_1"});
  CHECK(r.code == 0);
  CHECK(r.out.starts_with("delivered: It was written\n"));
  CHECK(r.out.find("msg_1, seq 7 of room lobby (public)") != std::string::npos);
  CHECK(r.out.find("usr_1, ann, owner") != std::string::npos);
  CHECK(r.out.find("ses_1") != std::string::npos);
  CHECK(r.out.find("CONNECTED  ENDED\n") != std::string::npos);
  CHECK(r.out.find("no         slow consumer (4008)\n") != std::string::npos);
  CHECK(troupectl({"--url", node.url(), "why", "msg_2", "--user", "usr_1"}).code == 1);
  CHECK(node.asked().front().target() == "/api/v1/admin/why?message=msg_1&user=usr_1");
}

TEST_CASE("wrong usage of trace and why exits 2", "[tools][ctl]") {
  const std::vector<std::vector<std::string>> wrong{
    {"trace"},
    {"trace", "room"},
    {"trace", "planet", "x"},
    {"trace", "room", "x", "--seconds", "0"},
    {"trace", "room", "x", "--seconds", "3601"},
    {"trace", "room", "x", "--lines", "100001"},
    {"why", "msg_1"},
    {"why", "--user", "usr_1"}};
  for (const auto& arguments : wrong) {
    INFO(arguments.back());
    const auto r = troupectl(arguments);
    CHECK(r.code == 2);
    CHECK(r.out.empty());
    CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
  }
}

TEST_CASE("a line of a trace can't speak to the terminal", "[tools][ctl]") {
  std::ostringstream out;
  CHECK_FALSE(ctl::write_trace_line(R"({"what":"event","event":"a\u001b[2J\nb"})", false, out));
  const auto text = out.str();
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
  CHECK_FALSE(ctl::write_trace_line("not json", false, out));
}
