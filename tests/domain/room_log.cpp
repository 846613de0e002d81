#include "domain/room_log.hpp"

#include "tests/support/seed.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

using namespace domain;

namespace {

constexpr timestamp noon{std::chrono::milliseconds{1'764'000'000'000}};
const member_ref alice{user_id{"usr_alice"}, "alice", "Alice", ""};

room lobby() {
  room r;
  r.id = room_id{"lobby"};
  r.name = "Lobby";
  return r;
}

logged_event stored(seq at, const std::string& type = "new-message") {
  return {room_id{"lobby"}, at, type, alice.user, "{\"n\":" + std::to_string(at) + "}", noon};
}

std::vector<logged_event> stored_range(seq from, seq to) {
  std::vector<logged_event> out;
  for (auto s = from; s <= to; ++s)
    out.push_back(stored(s));
  return out;
}

std::vector<seq> seqs(const std::vector<event_ptr>& events) {
  std::vector<seq> out;
  for (const auto& e : events)
    out.push_back(e->seq);
  return out;
}
std::vector<seq> seqs(const std::vector<logged_event>& events) {
  std::vector<seq> out;
  for (const auto& e : events)
    out.push_back(e.seq);
  return out;
}

room_log::ticket propose(room_log& log, const std::string& text = "hi") {
  const auto p = log.propose(alice, draft{text, "", "", {}}, noon, message_id{"msg_x"});
  REQUIRE(p);
  return p->number;
}

using list = std::vector<seq>;

} // namespace

TEST_CASE("a proposal carries all that storage needs", "[room_log]") {
  room_log log{lobby(), 4, 0, {}};
  const auto p =
    log.propose(alice, draft{"hi", "c1", "msg_0", {"{\"a\":1}", "{}"}}, noon, message_id{"msg_1"});
  REQUIRE(p);
  CHECK(p->epoch == 4);
  CHECK(p->message.id.value == "msg_1");
  CHECK(p->message.room.value == "lobby");
  CHECK(p->message.sender.user == alice.user);
  CHECK(p->message.client_id == "c1");
  CHECK(p->message.reply_to == "msg_0");
  CHECK(p->message.attachments_json == "[{\"a\":1},{}]");
  CHECK(p->message.at == noon);
  CHECK(p->body == to_json(p->message));
  CHECK(p->body.find("\"seq\"") == std::string::npos);
  CHECK(log.pending() == 1);
}

TEST_CASE("nothing is shown before it is committed, and then with its seq", "[room_log]") {
  room_log log{lobby(), 1, 41, {}};
  const auto t = propose(log, "hello");
  CHECK(log.last_seq() == 41);
  const auto shown = log.committed(t, 42);
  REQUIRE(shown.size() == 1);
  CHECK(shown[0]->name == "new-message");
  CHECK(shown[0]->topic == "room:lobby");
  CHECK(shown[0]->seq == 42);
  CHECK(shown[0]->cls == delivery_class::durable);
  CHECK(shown[0]->at == noon);
  CHECK(shown[0]->data.starts_with("{\"seq\":42,\"id\":\"msg_x\""));
  CHECK(log.last_seq() == 42);
  CHECK(log.meta().last_seq == 42);
  CHECK(log.pending() == 0);
  CHECK(log.committed(t, 42).empty());
}

TEST_CASE("commits that are heard out of order are shown in order", "[room_log]") {
  room_log log{lobby(), 1, 0, {}};
  const auto a = propose(log);
  const auto b = propose(log);
  const auto c = propose(log);
  CHECK(log.committed(c, 3).empty());
  CHECK(log.committed(b, 2).empty());
  CHECK(log.last_seq() == 0);
  CHECK(seqs(log.committed(a, 1)) == list{1, 2, 3});
}

TEST_CASE("a rejected append takes no seq", "[room_log]") {
  room_log log{lobby(), 1, 0, {}};
  const auto a = propose(log);
  const auto b = propose(log);
  log.rejected(a);
  CHECK(seqs(log.committed(b, 1)) == list{1});
  CHECK(log.pending() == 0);
}

TEST_CASE("a retried message is not shown again", "[room_log]") {
  room_log log{lobby(), 1, 0, {}};
  CHECK(seqs(log.committed(propose(log), 1)) == list{1});
  CHECK(log.committed(propose(log), 1, false).empty());
  CHECK(log.last_seq() == 1);
  CHECK(log.pending() == 0);
}

TEST_CASE("appends under way are bounded", "[room_log]") {
  room_log log{lobby(), 1, 0, {}};
  room_log::ticket last = 0;
  for (std::size_t i = 0; i < limits::pending_appends; ++i)
    last = propose(log);
  const auto refused = log.propose(alice, draft{"x", "", "", {}}, noon, message_id{"m"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::overloaded);
  CHECK(refused.error().retry_after.count() > 0);
  log.rejected(last);
  propose(log);
}

TEST_CASE(
  "after an unknown outcome the truth is read back, and each event shown once", "[room_log]") {
  room_log log{lobby(), 1, 0, {}};
  const auto a = propose(log);
  const auto b = propose(log);
  const auto c = propose(log);
  CHECK(seqs(log.committed(a, 1)) == list{1});
  CHECK(log.committed(c, 3).empty()); // stored, waits for b
  log.lost();                         // b timed out
  CHECK(log.is_lost());
  CHECK(log.pending() == 0);
  CHECK(
    log.propose(alice, draft{"x", "", "", {}}, noon, message_id{"m"}).error().code == errc::retry);
  CHECK(log.committed(b, 2).empty()); // late answer: the reload shows it
  CHECK(log.last_seq() == 1);
  CHECK(seqs(log.reload(2, stored_range(1, 3))) == list{2, 3});
  CHECK(log.epoch() == 2);
  CHECK_FALSE(log.is_lost());
  CHECK(seqs(log.committed(propose(log), 4)) == list{4});
}

TEST_CASE("a client that missed events gets them, or is told why not", "[room_log]") {
  room_log log{lobby(), 1, 1'000, stored_range(745, 1'000)};
  using source = room_log::source;
  const auto ask = [&](seq known, std::size_t limit, auto policy) {
    return log.after(known, limit, policy);
  };
  constexpr auto reset = room_log::overflow::reset;
  constexpr auto cut = room_log::overflow::cut;

  CHECK(ask(1'000, 10, reset).from == source::here);
  CHECK(ask(1'000, 10, reset).events.empty());
  CHECK(seqs(ask(997, 10, reset).events) == list{998, 999, 1'000});
  CHECK_FALSE(ask(997, 3, reset).more);
  CHECK(ask(997, 2, reset).from == source::reset);
  CHECK(ask(1'001, 10, reset).from == source::reset);
  CHECK(ask(1'001, 10, cut).from == source::reset);
  CHECK(seqs(ask(997, 2, cut).events) == list{998, 999});
  CHECK(ask(997, 2, cut).more);
  CHECK(ask(744, 500, reset).from == source::here);
  CHECK(ask(744, 500, reset).events.size() == 256);
  CHECK(ask(743, 500, reset).from == source::ask_storage);
  CHECK(ask(743, 500, reset).until == 1'000);
  CHECK_FALSE(ask(743, 500, reset).more);
  CHECK(ask(0, 500, reset).from == source::reset);
  CHECK(ask(0, 500, cut).from == source::ask_storage);
  CHECK(ask(0, 500, cut).more);

  const room_log empty{lobby(), 1, 0, {}};
  CHECK(empty.after(0, 10).from == source::here);
  CHECK(empty.after(1, 10).from == source::reset);
  const room_log unread{lobby(), 1, 7, {}};
  CHECK(unread.after(5, 10).from == source::ask_storage);
}

TEST_CASE("the ring keeps the newest events only", "[room_log]") {
  room_log log{lobby(), 1, 300, stored_range(1, 300)};
  CHECK_FALSE(log.has_all());
  CHECK(log.after(44, 999).from == room_log::source::here);
  CHECK(log.after(43, 999).from == room_log::source::ask_storage);
  log.committed(propose(log), 301);
  CHECK(log.after(44, 999).from == room_log::source::ask_storage);
  CHECK(log.after(45, 999).events.size() == limits::recent_events);
  CHECK(room_log{lobby(), 1, 2, stored_range(1, 2)}.has_all());
  CHECK(room_log{lobby(), 1, 0, {}}.has_all());
}

TEST_CASE("who joins is shown the newest messages in order, other events left out", "[room_log]") {
  auto recent = stored_range(1, 4);
  recent[2].type = "message-edited";
  const room_log log{lobby(), 1, 4, recent};
  CHECK(
    log.recent_messages(2, 1000)
    == std::vector<std::string>{R"({"seq":2,"n":2})", R"({"seq":4,"n":4})"});
  CHECK(log.recent_messages(50, 1000).size() == 3);
  CHECK(log.recent_messages(50, 2 * recent[0].body.size()).size() == 2);
  CHECK(log.recent_messages(50, 1) == std::vector<std::string>{R"({"seq":4,"n":4})"});
}

TEST_CASE("the ring is bounded in bytes, too", "[room_log]") {
  auto large = stored_range(1, 200);
  for (auto& e : large)
    e.body = R"({"n":")" + std::string(limits::recent_bytes / 100, 'x') + R"("})";
  room_log log{lobby(), 1, 200, large};
  const auto kept = log.recent_messages(200, limits::recent_bytes * 2).size();
  CHECK(kept < 100);
  CHECK(kept > 90);
  CHECK(log.after(200 - kept, 500).events.size() == kept);
  CHECK(log.after(199 - kept, 500).from == room_log::source::ask_storage);
  large.resize(1);
  large.front().body = R"({"n":")" + std::string(limits::recent_bytes * 2, 'x') + R"("})";
  CHECK(room_log{lobby(), 1, 1, large}.recent_messages(1, 1).size() == 1); // the newest stays
}

// A store that applies in order, answers late, out of order, or never; and the room in front of it.
TEST_CASE(
  "whatever storage answers, events are shown in order, each once, none lost",
  "[room_log][property]") {
  const auto seed = support::test_seed();
  INFO("TROUPE_TEST_SEED=" << seed);
  support::dice dice{seed};
  for (int round = 0; round < 500; ++round) {
    room_log log{lobby(), 1, 0, {}};
    std::vector<logged_event> store;
    std::map<room_log::ticket, seq> answers; // under way; 0: will be rejected
    std::vector<seq> shown;
    epoch now = 1;
    const auto take = [&](const std::vector<event_ptr>& events) {
      for (const auto& e : events) {
        shown.push_back(e->seq);
        REQUIRE(shown.size() == e->seq); // in order, each once
        REQUIRE(e->seq <= store.size()); // never before it is stored
      }
    };
    for (int step = 0; step < 60; ++step) {
      const auto what = dice.below(10);
      if (what < 5) {
        const auto p = log.propose(alice, draft{"x", "", "", {}}, noon, message_id{"m"});
        REQUIRE(p);
        const bool is_stored = !dice.one_in(5);
        if (is_stored)
          store.push_back(stored(store.size() + 1));
        answers[p->number] = is_stored ? store.size() : 0;
      } else if (what < 9 && !answers.empty()) {
        auto any = answers.begin();
        std::advance(any, static_cast<std::ptrdiff_t>(dice.below(answers.size())));
        if (any->second == 0)
          log.rejected(any->first);
        else
          take(log.committed(any->first, any->second));
        answers.erase(any);
      } else if (what == 9) {
        log.lost();
        if (dice.one_in(2))
          answers.clear(); // else late answers come after the reload
        const auto known = static_cast<std::ptrdiff_t>(log.last_seq());
        take(log.reload(++now, {store.begin() + known, store.end()}));
        REQUIRE(shown.size() == store.size());
      }
    }
    for (const auto& [ticket, at] : answers)
      if (at != 0)
        take(log.committed(ticket, at));
    REQUIRE(shown.size() == store.size());
  }
}
