#include "net/tracer.hpp"

#include "domain/audience.hpp"
#include "domain/limits.hpp"
#include "net/json/reader.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <tuple>
#include <vector>

using net::trace_target;
using net::tracer;

namespace {

struct kept {
  std::vector<std::string> lines;
  tracer::sink sink() {
    return [this](std::string line) { lines.push_back(std::move(line)); };
  }
  std::vector<std::string> words(const char* key = "what") const {
    std::vector<std::string> out;
    for (const auto& line : lines) {
      const auto read = net::json::parse(line);
      REQUIRE(read);
      out.emplace_back(read->HasMember(key) ? (*read)[key].GetString() : "");
    }
    return out;
  }
  bool has(std::string_view text) const {
    for (const auto& line : lines)
      if (line.find(text) != std::string::npos)
        return true;
    return false;
  }
};

using words = std::vector<std::string>;
constexpr net::trace_party ann{"ses_a", "usr_a"};
constexpr net::trace_party bob{"ses_b", "usr_b"};

domain::event event_of(const std::string& topic, domain::seq seq = 0) {
  domain::event made;
  made.name = "new-message";
  made.topic = topic;
  made.data = R"({"content":"hidden"})";
  made.seq = seq;
  return made;
}

domain::command send(const std::string& room) {
  return domain::send_message{domain::room_id{room}, {"hidden", {}, {}, {}}};
}

void pass_everything(tracer& t) {
  t.command(ann, send("lobby"), "1");
  t.command(bob, send("other"), "1");
  t.command(ann, domain::renew_token{"a.token.here"}, "2");
  t.answer(ann, "send-message", "1", true, R"({"ok":true,"note":"hidden"})");
  t.answer(bob, "send-message", "1", false, R"({"ok":false,"error":{"code":"forbidden"}})");
  t.answer(ann, "authenticate", "2", true, R"({"ok":true})");
  t.event(event_of("room:lobby", 7));
  t.event(event_of("room:other", 8));
  t.event(event_of("user:usr_a"));
  t.handed_out(event_of("room:lobby", 7), 0, 3);
  t.queued(ann, event_of("room:lobby", 7));
  t.queued(bob, event_of("room:lobby", 7));
  t.emitted(ann, "gap", R"({"n":"hidden"})");
  t.dropped(bob, "room:lobby", "volatile");
  t.dropped(ann, "", "slow-consumer");
  t.disconnected(ann, "no pong", true);
}

} // namespace

TEST_CASE("a tracer is on while a trace runs, one per operator", "[net][trace]") {
  tracer t;
  kept lines;
  CHECK_FALSE(t.is_on());
  const auto first = t.start({trace_target::kind::room, "lobby"}, "boss", false, lines.sink());
  REQUIRE(first);
  CHECK(t.is_on());
  CHECK_FALSE(t.follows_people());
  const auto second = t.start({trace_target::kind::user, "usr_a"}, "boss", false, lines.sink());
  REQUIRE_FALSE(second);
  CHECK(second.error().code == domain::errc::conflict);
  const auto other = t.start({trace_target::kind::user, "usr_a"}, "chief", false, lines.sink());
  REQUIRE(other);
  CHECK(t.follows_people());
  t.stop(*other);
  CHECK_FALSE(t.follows_people());
  t.stop(*first);
  t.stop(*first);
  CHECK_FALSE(t.is_on());
  CHECK(t.start({trace_target::kind::room, "lobby"}, "boss", false, lines.sink()));
}

TEST_CASE(
  "a trace of an actor counts among the traces, and concerns nothing that passes", "[net][trace]") {
  tracer t;
  kept lines;
  const auto one = t.start({trace_target::kind::actor, "act_7"}, "boss", true, lines.sink());
  REQUIRE(one);
  CHECK_FALSE(t.is_on());
  CHECK_FALSE(t.follows_people());
  CHECK_FALSE(t.start({trace_target::kind::room, "lobby"}, "boss", false, lines.sink()));
  pass_everything(t);
  CHECK(lines.lines.empty());
  t.stop(*one);
  CHECK_FALSE(t.is_on());
  CHECK(t.start({trace_target::kind::room, "lobby"}, "boss", false, lines.sink()));
  CHECK(t.is_on());
}

TEST_CASE("a node has so many traces at most", "[net][trace]") {
  tracer t;
  kept lines;
  for (std::size_t i = 0; i < domain::limits::traces; ++i)
    CHECK(t.start({}, "boss" + std::to_string(i), false, lines.sink()));
  const auto one_more = t.start({}, "late", false, lines.sink());
  REQUIRE_FALSE(one_more);
  CHECK(one_more.error().code == domain::errc::overloaded);
}

TEST_CASE("a trace of a room shows its commands, their answers, events and drops", "[net][trace]") {
  tracer t;
  kept lines;
  REQUIRE(t.start({trace_target::kind::room, "lobby"}, "boss", false, lines.sink()));
  pass_everything(t);
  CHECK(lines.words() == words{"command", "answer", "event", "handed-out", "dropped"});
  CHECK(lines.has(R"("seq":7)"));
  CHECK_FALSE(lines.has("hidden"));
}

TEST_CASE("a trace of a user or a session shows what is theirs", "[net][trace]") {
  tracer t;
  kept lines;
  const bool by_user = GENERATE(true, false);
  if (by_user)
    REQUIRE(t.start({trace_target::kind::user, "usr_a"}, "boss", false, lines.sink()));
  else
    REQUIRE(t.start({trace_target::kind::session, "ses_a"}, "boss", false, lines.sink()));
  pass_everything(t);
  auto expected = words{"command", "command", "answer",  "answer",      "event",
                        "queued",  "emitted", "dropped", "disconnected"};
  if (!by_user)
    std::erase(expected, "event"); // to the user, whatever the session
  CHECK(lines.words() == expected);
  CHECK_FALSE(lines.has("usr_b"));
  CHECK_FALSE(lines.has("hidden"));
}

TEST_CASE("an event shows in the trace of each of its targets, and of no other", "[net][trace]") {
  auto audience = std::make_shared<domain::audience>();
  audience->topics = {"room:first", "room:lobby", "user:usr_a"};
  audience->except_topics = {"room:other"};
  auto broadcast = event_of("room:first");
  broadcast.audience = audience;
  for (const auto& [kind, id, is_shown] :
       {std::tuple{trace_target::kind::room, "first", true},
        {trace_target::kind::room, "lobby", true},
        {trace_target::kind::user, "usr_a", true},
        {trace_target::kind::room, "other", false},
        {trace_target::kind::room, "usr_a", false},
        {trace_target::kind::user, "lobby", false},
        {trace_target::kind::session, "ses_a", false}}) {
    INFO(id);
    tracer t;
    kept lines;
    REQUIRE(t.start({kind, id}, "boss", false, lines.sink()));
    t.event(broadcast);
    t.handed_out(broadcast, 0, 1);
    CHECK(lines.words() == (is_shown ? words{"event", "handed-out"} : words{}));
    const std::string topic = kind == trace_target::kind::room ? "room:" : "user:";
    CHECK(lines.has(R"("topic":")" + topic + id + R"(","targets":3)") == is_shown);
  }
}

TEST_CASE("content is shown when it is asked for, a token never", "[net][trace]") {
  tracer t;
  kept lines;
  REQUIRE(t.start({trace_target::kind::user, "usr_a"}, "boss", true, lines.sink()));
  pass_everything(t);
  CHECK(lines.has(R"("content":"hidden")"));
  CHECK(lines.has(R"("content":{"content":"hidden"})"));
  CHECK_FALSE(lines.has("a.token.here"));
}

TEST_CASE("a refused command shows its code", "[net][trace]") {
  tracer t;
  kept lines;
  REQUIRE(t.start({trace_target::kind::session, "ses_b"}, "boss", false, lines.sink()));
  pass_everything(t);
  CHECK(lines.words("code").at(1) == "forbidden");
}
