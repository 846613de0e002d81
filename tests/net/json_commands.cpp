#include "domain/limits.hpp"
#include "net/json/failure.hpp"
#include "net/json/reader.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <variant>

namespace {

domain::result<domain::command> read(std::string_view name, std::string_view data) {
  const auto parsed = net::json::parse(data);
  REQUIRE(parsed);
  return net::json::read_command(name, &*parsed);
}

template <class Command>
Command read_as(std::string_view name, std::string_view data) {
  CAPTURE(name, data);
  auto made = read(name, data);
  REQUIRE(made);
  REQUIRE(std::holds_alternative<Command>(*made));
  return std::get<Command>(*made);
}

} // namespace

TEST_CASE("a room is named by an object or by the bare id", "[net][json][commands]") {
  CHECK(read_as<domain::join_room>("join-room", R"({"roomId":"lobby"})").room.value == "lobby");
  CHECK(read_as<domain::join_room>("join-room", R"("lobby")").room.value == "lobby");
  CHECK(
    read_as<domain::leave_room>("leave-room", R"({"roomId":"a.b:c-d_e"})").room.value
    == "a.b:c-d_e");
  CHECK(read_as<domain::set_typing>("typing", R"("lobby")").active);
  CHECK_FALSE(read_as<domain::set_typing>("stop-typing", R"({"roomId":"lobby"})").active);
}

TEST_CASE("join-room takes the position to go on from", "[net][json][commands]") {
  CHECK_FALSE(read_as<domain::join_room>("join-room", R"({"roomId":"a"})").after.has_value());
  CHECK_FALSE(
    read_as<domain::join_room>("join-room", R"({"roomId":"a","after":null})").after.has_value());
  CHECK(read_as<domain::join_room>("join-room", R"({"roomId":"a","after":0})").after == 0u);
  CHECK(
    read_as<domain::join_room>("join-room", R"({"roomId":"a","after":9007199254740991})").after
    == 9007199254740991u);
}

TEST_CASE(
  "send-message carries a draft with trimmed content and attachments as JSON",
  "[net][json][commands]") {
  const auto made = read_as<domain::send_message>(
    "send-message",
    R"({"roomId":"a","content":" hi ","clientId":"c1","replyTo":null,"attachments":[{"url":"x"},{}],"more":1})");
  CHECK(made.room.value == "a");
  CHECK(made.draft.content == "hi");
  CHECK(made.draft.client_id == "c1");
  CHECK(made.draft.reply_to.empty());
  CHECK(made.draft.attachments == std::vector<std::string>{R"({"url":"x"})", "{}"});
}

TEST_CASE("sync, topics, publish and authenticate are read", "[net][json][commands]") {
  const auto sync = read_as<domain::sync_rooms>("sync", R"({"rooms":{"a":0,"b":7}})");
  REQUIRE(sync.rooms.size() == 2);
  CHECK(sync.rooms[1].first.value == "b");
  CHECK(sync.rooms[1].second == 7);
  CHECK(read_as<domain::subscribe>("subscribe", R"({"topic":"public:x"})").topic == "public:x");
  CHECK(read_as<domain::unsubscribe>("unsubscribe", R"({"topic":"public:x"})").topic == "public:x");
  const auto publish = read_as<domain::publish>(
    "publish",
    R"({"topic":"public:x","event":"price","data":{"p":1.5},"key":"k","volatile":true})");
  CHECK(publish.event == "price");
  CHECK(publish.data == R"({"p":1.5})");
  CHECK(publish.key == "k");
  CHECK(publish.droppable);
  CHECK(read_as<domain::publish>("publish", R"({"topic":"public:x","event":"e"})").data == "null");
  CHECK(read_as<domain::renew_token>("authenticate", R"({"token":"t"})").token == "t");
}

TEST_CASE("attributes and a location are read, and null forgets them", "[net][json][commands]") {
  const auto both = read_as<domain::set_attributes>(
    "set-attributes", R"({"attributes":{"plan":"gold","level":3,"beta":true},)"
                      R"("location":{"lat":52.5,"lng":13}})");
  REQUIRE(both.attributes);
  CHECK(
    *both.attributes
    == domain::attribute_map{{"beta", true}, {"level", 3.0}, {"plan", std::string{"gold"}}});
  REQUIRE(both.location);
  CHECK(**both.location == domain::location{52.5, 13});
  const auto forget = read_as<domain::set_attributes>("set-attributes", R"({"location":null})");
  CHECK_FALSE(forget.attributes);
  REQUIRE(forget.location);
  CHECK_FALSE(forget.location->has_value());
  for (const auto* wrong :
       {"{}", R"({"attributes":[]})", R"({"attributes":{"a":{}}})", R"({"attributes":{"a":null}})",
        R"({"location":{"lat":1}})", R"({"location":{"lat":"1","lng":2}})",
        R"({"location":{"lat":1,"lng":2,"alt":3}})", R"("x")"}) {
    rapidjson::Document data;
    data.Parse(wrong);
    INFO(wrong);
    const auto refused = net::json::read_command("set-attributes", &data);
    CHECK_FALSE(refused);
  }
}

TEST_CASE("a wrong field is named", "[net][json][commands]") {
  struct row {
    std::string name, data, field;
  };
  const auto at = GENERATE(values<row>({
    {"join-room", "{}", "roomId"},
    {"join-room", "null", "roomId"},
    {"join-room", "[]", "data"},
    {"join-room", "7", "data"},
    {"join-room", R"({"roomId":7})", "roomId"},
    {"join-room", R"({"roomId":""})", "roomId"},
    {"join-room", R"("with space")", "roomId"},
    {"join-room", R"({"roomId":"a","after":-1})", "after"},
    {"join-room", R"({"roomId":"a","after":1.5})", "after"},
    {"join-room", R"({"roomId":"a","after":"1"})", "after"},
    {"join-room", R"({"roomId":"a","after":9007199254740992})", "after"},
    {"join-room", R"({"roomId":"a","after":[]})", "after"},
    {"leave-room", R"({"room":"a"})", "roomId"},
    {"send-message", R"("lobby")", "data"},
    {"send-message", R"({"content":"x"})", "roomId"},
    {"send-message", R"({"roomId":"a","content":1})", "content"},
    {"send-message", R"({"roomId":"a","content":"  "})", "content"},
    {"send-message", R"({"roomId":"a","content":"x","clientId":7})", "clientId"},
    {"send-message", R"({"roomId":"a","content":"x","replyTo":{}})", "replyTo"},
    {"send-message", R"({"roomId":"a","content":"x","attachments":{}})", "attachments"},
    {"send-message", R"({"roomId":"a","content":"x","attachments":["x"]})", "attachments"},
    {"send-message", R"({"roomId":"a","attachments":[{},{},{},{},{},{},{},{},{},{},{}]})",
     "attachments"},
    {"typing", R"({"roomId":true})", "roomId"},
    {"stop-typing", "1", "data"},
    {"sync", "{}", "rooms"},
    {"sync", R"({"rooms":[]})", "rooms"},
    {"sync", R"({"rooms":{"a":-1}})", "rooms.a"},
    {"sync", R"({"rooms":{"a b":1}})", "rooms"},
    {"subscribe", "{}", "topic"},
    {"subscribe", R"({"topic":""})", "topic"},
    {"unsubscribe", R"({"topic":[]})", "topic"},
    {"publish", R"({"topic":"public:x"})", "event"},
    {"publish", R"({"event":"e"})", "topic"},
    {"publish", R"({"topic":"public:x","event":"e","volatile":"yes"})", "volatile"},
    {"publish", R"({"topic":"public:x","event":"e","key":1})", "key"},
    {"publish", R"({"topic":"public:x","event":"new-message"})", "event"},
    {"authenticate", "{}", "token"},
    {"authenticate", R"({"token":1})", "token"},
  }));
  CAPTURE(at.name, at.data);
  const auto made = read(at.name, at.data);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == domain::errc::validation_failed);
  REQUIRE_FALSE(made.error().details.empty());
  CHECK(made.error().details.front().field == at.field);
}

TEST_CASE("all wrong fields are told at once", "[net][json][commands]") {
  const auto made = read("publish", R"({"key":1,"volatile":2})");
  REQUIRE_FALSE(made);
  CHECK(made.error().details.size() == 4);
}

TEST_CASE("sizes of fields are bounded", "[net][json][commands]") {
  const auto token = std::string(domain::limits::token_bytes + 1, 't');
  CHECK_FALSE(read("authenticate", R"({"token":")" + token + R"("})"));
  const auto topic = "public:" + std::string(domain::limits::topic_bytes_max, 't');
  CHECK_FALSE(read("subscribe", R"({"topic":")" + topic + R"("})"));
  const auto event = std::string(domain::limits::event_name_bytes_max + 1, 'e');
  CHECK_FALSE(read("publish", R"({"topic":"public:x","event":")" + event + R"("})"));
}

TEST_CASE("an event that is no command is a bad request", "[net][json][commands]") {
  const auto made =
    net::json::read_command(GENERATE("", "nonsense", "Join-Room", "join-room "), nullptr);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == domain::errc::bad_request);
}

TEST_CASE("a command without data is missing its fields", "[net][json][commands]") {
  const auto made = net::json::read_command("join-room", nullptr);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == domain::errc::validation_failed);
}

TEST_CASE("a failed reply becomes an error event that names the command", "[net][json]") {
  const auto failed = actors::make_reply(domain::error{domain::errc::forbidden, "No", {}, {}});
  const auto event = net::json::parse(net::json::failure_event("send-message", failed));
  REQUIRE(event);
  CHECK(std::string{(*event)["event"].GetString()} == "send-message");
  CHECK(std::string{(*event)["code"].GetString()} == "forbidden");
  CHECK(std::string{(*event)["message"].GetString()} == "No");
}
