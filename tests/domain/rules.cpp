// Users, rooms, messages, commands: tables of what is allowed.
#include "domain/command.hpp"
#include "domain/event.hpp"
#include "domain/message.hpp"
#include "domain/room.hpp"
#include "domain/user.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace domain;

namespace {

registration good() {
  return {"ada@example.org", "ada_l", "Ada Lovelace", "Difference1"};
}

template <class T>
std::set<std::string> broken_fields(T input) {
  std::set<std::string> fields;
  const auto checked = check(std::move(input));
  if (!checked) {
    CHECK(checked.error().code == errc::validation_failed);
    for (const auto& v : checked.error().details)
      fields.insert(v.field);
  }
  return fields;
}

std::string times(std::size_t n, const std::string& what) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i)
    out += what;
  return out;
}

} // namespace

TEST_CASE("a sign-up is trimmed and its email is lower-cased", "[user]") {
  auto input = good();
  input.email = "  Ada@Example.ORG\n";
  input.name = "  Ada  ";
  const auto checked = check(input);
  REQUIRE(checked);
  CHECK(checked->email == "ada@example.org");
  CHECK(checked->name == "Ada");
  CHECK(checked->password == "Difference1");
}

TEST_CASE("emails have a sane shape", "[user]") {
  const auto is_good = [](const std::string& email) {
    auto input = good();
    input.email = email;
    return broken_fields(input).empty();
  };
  for (const char* email :
       {"a@b.co", "first.last+tag@sub.example.org", "o'neil@example.ie", "ü@bücher.example",
        "1@2.34", "a_b-c@x-y.zz"})
    CHECK(is_good(email));
  for (const char* email : {"",          "a",
                            "@b.co",     "a@",
                            "a@b",       "a@@b.co",
                            "a@b@c.de",  "a b@c.de",
                            "a@b..co",   "a@.b.co",
                            "a@b.co.",   ".a@b.co",
                            "a.@b.co",   "a..b@c.de",
                            "a@-b.co",   "a@b-.co",
                            "a@b_c.de",  "a\n@b.co",
                            "<a@b.co>",  "a,b@c.de",
                            "\xFF@b.co", "a@[127.0.0.1]",
                            "\"a\"@b.co"})
    CHECK_FALSE(is_good(email));
  CHECK(is_good(times(64, "a") + "@b.co"));
  CHECK_FALSE(is_good(times(65, "a") + "@b.co"));
  CHECK_FALSE(is_good("a@" + times(64, "b") + ".co"));
  CHECK_FALSE(is_good("a@" + times(84, "bb.") + "co"));
}

TEST_CASE("usernames, names and passwords keep to their rules", "[user]") {
  struct row {
    const char* field;
    std::string value;
    bool is_good;
  };
  const std::vector<row> rows{
    {"username", "ab", true},
    {"username", "A_9", true},
    {"username", times(32, "a"), true},
    {"username", "a", false},
    {"username", times(33, "a"), false},
    {"username", "a-b", false},
    {"username", "a b", false},
    {"username", "äb", false},
    {"username", "", false},
    {"name", "Bo", true},
    {"name", "李明", true},
    {"name", times(50, "é"), true},
    {"name", times(51, "é"), false},
    {"name", " B ", false},
    {"name", "a\nb", false},
    {"name", "a\xFF", false},
    {"password", "Abcdefg1", true},
    {"password", "Äöüabcd1", false}, // an upper case letter of A-Z is asked for
    {"password", "Abcdef1", false},
    {"password", "abcdefg1", false},
    {"password", "ABCDEFG1", false},
    {"password", "Abcdefgh", false},
    {"password", "Aa1" + times(253, "x"), true},
    {"password", "Aa1" + times(254, "x"), false},
  };
  for (const auto& r : rows) {
    auto input = good();
    (r.field == std::string{"username"} ? input.username
     : r.field == std::string{"name"}   ? input.name
                                        : input.password) = r.value;
    INFO(r.field << ": " << r.value);
    CHECK(
      broken_fields(input)
      == (r.is_good ? std::set<std::string>{} : std::set<std::string>{r.field}));
  }
}

TEST_CASE("a sign-up is told all that is wrong at once, and never what it sent", "[user]") {
  const registration input{"not-an-address", "no!", "x", "secret-pw"};
  CHECK(broken_fields(input) == std::set<std::string>{"email", "username", "name", "password"});
  const auto checked = check(input);
  for (const auto& v : checked.error().details)
    for (const char* sent : {"not-an-address", "no!", "secret"})
      CHECK(v.message.find(sent) == std::string::npos);
}

TEST_CASE("roles and types are read by their names only", "[user][room]") {
  role r{};
  CHECK((parse_role("admin", r) && r == role::admin && to_string(r) == "admin"));
  for (const char* text : {"", "Admin", "root", "adminx"})
    CHECK_FALSE(parse_role(text, r));
  room_type t{};
  CHECK((parse_room_type("public", t) && t == room_type::open));
  CHECK((parse_room_type("private", t) && t == room_type::closed));
  CHECK((parse_room_type("direct", t) && to_string(t) == "direct"));
  CHECK_FALSE(parse_room_type("open", t));
  room_role rr{};
  CHECK((parse_room_role("owner", rr) && rr == room_role::owner));
  CHECK_FALSE(parse_room_role("admin", rr));
}

TEST_CASE("rooms have a name, and an id only of safe characters", "[room]") {
  CHECK(check(new_room{"  Lobby ", room_type::open, std::nullopt})->name == "Lobby");
  CHECK(broken_fields(new_room{" ", {}, "a/b"}) == std::set<std::string>{"name", "id"});
  CHECK(broken_fields(new_room{times(100, "é"), {}, "A_z.9:-"}).empty());
  CHECK(broken_fields(new_room{times(101, "é"), {}, {}}) == std::set<std::string>{"name"});
  CHECK(is_valid_room_id(times(64, "a")));
  for (const auto& id : {std::string{}, times(65, "a"), std::string{"a b"}, std::string{"ä"}})
    CHECK_FALSE(is_valid_room_id(id));
}

TEST_CASE("messages are trimmed and bounded in characters", "[message]") {
  CHECK(check(draft{" hi \n", "", "", {}})->content == "hi");
  CHECK(broken_fields(draft{times(4'000, "👋"), "", "", {}}).empty());
  CHECK(broken_fields(draft{times(4'001, "👋"), "", "", {}}) == std::set<std::string>{"content"});
  CHECK(broken_fields(draft{" ", "", "", {}}) == std::set<std::string>{"content"});
  CHECK(broken_fields(draft{" ", "", "", {"{}"}}).empty());
  CHECK(broken_fields(draft{"\xFF", "", "", {}}) == std::set<std::string>{"content"});
  CHECK(broken_fields(draft{"x", times(128, "c"), "", {}}).empty());
  CHECK(broken_fields(draft{"x", times(129, "c"), "", {}}) == std::set<std::string>{"clientId"});
  CHECK(broken_fields(draft{"x", "", times(65, "r"), {}}) == std::set<std::string>{"replyTo"});
  CHECK(broken_fields(draft{"x", "", "", std::vector<std::string>(10, "{}")}).empty());
  CHECK(
    broken_fields(draft{"x", "", "", std::vector<std::string>(11, "{}")})
    == std::set<std::string>{"attachments"});
  CHECK(broken_fields(draft{"x", "", "", {"[]"}}) == std::set<std::string>{"attachments"});
}

TEST_CASE("a message is shown as the contract says", "[message]") {
  message m;
  m.id = message_id{"msg_1"};
  m.room = room_id{"lobby"};
  m.seq = 7;
  m.sender = {user_id{"usr_1"}, "ada", "Ada", ""};
  m.content = "say \"hi\"";
  m.at = timestamp{std::chrono::milliseconds{1'764'000'000'123}};
  CHECK(
    to_json(m)
    == R"({"id":"msg_1","seq":7,"roomId":"lobby","senderId":"usr_1","senderName":"Ada",)"
       R"("senderAvatar":null,"content":"say \"hi\"","replyTo":null,"attachments":[],)"
       R"("timestamp":"2025-11-24T16:00:00.123Z","edited":false,"reactions":{},"clientId":null})");
  m.seq = 0;
  m.sender = {user_id{"usr_1"}, "ada", "", "a.png"};
  m.reply_to = "msg_0";
  m.client_id = "c1";
  m.attachments_json = R"([{"a":1}])";
  m.edited = true;
  CHECK(
    to_json(m)
    == R"({"id":"msg_1","roomId":"lobby","senderId":"usr_1","senderName":"ada",)"
       R"("senderAvatar":"a.png","content":"say \"hi\"","replyTo":"msg_0","attachments":[{"a":1}],)"
       R"("timestamp":"2025-11-24T16:00:00.123Z","edited":true,"reactions":{},"clientId":"c1"})");
}

TEST_CASE("a logged event is shown with its seq in front", "[event]") {
  logged_event e;
  e.room = room_id{"lobby"};
  e.seq = 3;
  e.type = "new-message";
  e.body = R"({"id":"msg_1"})";
  e.at = timestamp{};
  CHECK(shown_data(e) == R"({"seq":3,"id":"msg_1"})");
  CHECK(
    to_json(e)
    == R"({"event":"new-message","type":"new-message","seq":3,"data":{"seq":3,"id":"msg_1"},)"
       R"("timestamp":"1970-01-01T00:00:00.000Z"})");
  e.body = "{}";
  CHECK(shown_data(e) == R"({"seq":3})");
}

TEST_CASE("every command has the name that clients use", "[command]") {
  const std::vector<std::pair<command, std::string>> table{
    {join_room{}, "join-room"},
    {leave_room{}, "leave-room"},
    {send_message{}, "send-message"},
    {set_typing{{}, true}, "typing"},
    {set_typing{{}, false}, "stop-typing"},
    {sync_rooms{}, "sync"},
    {subscribe{}, "subscribe"},
    {unsubscribe{}, "unsubscribe"},
    {publish{}, "publish"},
    {set_attributes{}, "set-attributes"},
    {renew_token{}, "authenticate"}};
  for (const auto& [c, name] : table)
    CHECK(name_of(c) == name);
}

TEST_CASE("server events are not for clients", "[command]") {
  for (const char* name :
       {"new-message",
        "message-edited",
        "message-deleted",
        "message-reaction-updated",
        "message-read",
        "user-joined",
        "user-left",
        "user-typing",
        "user-stopped-typing",
        "room-joined",
        "notification",
        "presence-update",
        "batched-messages",
        "server-drain",
        "gap",
        "connect",
        "connect_error",
        "disconnect",
        "disconnecting",
        "newListener",
        "removeListener",
        "error",
        "reconnect",
        "ping",
        "pong"})
    CHECK(is_reserved_event(name));
  for (const char* name : {"cursor-moved", "price", "Connect", ""})
    CHECK_FALSE(is_reserved_event(name));
}
