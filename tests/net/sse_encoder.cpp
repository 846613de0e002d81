#include "net/encode.hpp"
#include "net/sse/encoder.hpp"
#include "net/sse/positions.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace std::string_view_literals;
using net::sse::positions;

namespace {

domain::event event_in(const std::string& room, domain::seq seq) {
  domain::event made;
  made.name = "new-message";
  made.data = R"({"seq":1})";
  made.topic = "room:" + room;
  made.seq = seq;
  return made;
}

positions of(std::vector<std::string> names) {
  std::vector<domain::room_id> rooms;
  for (auto& each : names)
    rooms.emplace_back(std::move(each));
  return positions{std::move(rooms)};
}

} // namespace

TEST_CASE("a server-sent event has an id, a name and one line of data", "[net][sse]") {
  CHECK(
    net::sse::encode_event("new-message", R"({"a":1})", "lobby:7")->bytes
    == "id: lobby:7\nevent: new-message\ndata: {\"a\":1}\n\n");
  CHECK(net::sse::encode_event("typing", "null", {})->payload() == "event: typing\ndata: null\n\n");
  CHECK(net::sse::encode_id("a:1,b:2")->bytes == "id: a:1,b:2\n");
  CHECK(net::sse::encode_retry(std::chrono::seconds{2})->bytes == "retry: 2000\n\n");
  CHECK(net::sse::heartbeat()->bytes == ":\n\n");
}

TEST_CASE("a name or data can't write fields of their own", "[net][sse]") {
  CHECK(
    net::sse::encode_event("a\nid: 9\r\ndata: x\n\n", "[\n1]", {})->bytes
    == "event: a id: 9  data: x  \ndata: [ 1]\n\n");
  CHECK(net::sse::encode_event("a\0b"sv, "1", "x\ny")->bytes == "id: x y\nevent: a b\ndata: 1\n\n");
}

TEST_CASE("an event of one room has its place there as id, others have none", "[net][sse]") {
  const auto durable = event_in("a:b", 7);
  const auto in_room = net::encode(net::encoding::sse, durable, {});
  CHECK(in_room->bytes == "id: a:b:7\nevent: new-message\ndata: {\"seq\":1}\n\n");
  const auto in_rooms = net::encode(net::encoding::sse_rooms, durable, {});
  CHECK(in_rooms->bytes == "event: new-message\ndata: {\"seq\":1}\n\n");
  CHECK(net::encode(net::encoding::sse, event_in("a", 0), {})->bytes == in_rooms->bytes);
  auto free = event_in("a", 7);
  free.topic = "public:x";
  CHECK(net::encode(net::encoding::sse, free, {})->bytes == in_rooms->bytes);
}

TEST_CASE("positions are read as they were written", "[net][sse]") {
  auto written = of({"b", "a:x", "c.d-e_f"});
  CHECK(written.text() == "");
  written.set(domain::room_id{"a:x"}, 17);
  CHECK(written.text() == "a:x:17");
  written.set(domain::room_id{"b"}, 0);
  written.set(domain::room_id{"c.d-e_f"}, 18'446'744'073'709'551'615u);
  CHECK(written.text() == "b:0,a:x:17,c.d-e_f:18446744073709551615");
  auto other = of({"a:x", "new", "b"});
  REQUIRE(other.read(written.text()));
  CHECK(other.find(domain::room_id{"a:x"}) == std::optional<domain::seq>{17});
  CHECK(other.find(domain::room_id{"b"}) == std::optional<domain::seq>{0});
  CHECK_FALSE(other.find(domain::room_id{"new"}));
  CHECK_FALSE(other.find(domain::room_id{"c.d-e_f"}));
}

TEST_CASE("what is no list of positions is not taken for one", "[net][sse]") {
  const std::string_view text = GENERATE(
    "", "a", "a:", ":1", "a:1,", ",a:1", "a:-1", "a:1 ", "a:1,b", "a:x", "a b:1", "a:1;b:2",
    "a:18446744073709551616", "a:1,,b:2");
  CAPTURE(text);
  auto mine = of({"a", "b"});
  CHECK_FALSE(mine.read(text));
}

TEST_CASE("a position only moves on", "[net][sse]") {
  auto mine = of({"a", "b"});
  CHECK(mine.pass(event_in("a", 5)));
  CHECK_FALSE(mine.pass(event_in("a", 5)));
  CHECK_FALSE(mine.pass(event_in("a", 4)));
  CHECK(mine.pass(event_in("a", 6)));
  CHECK(mine.pass(event_in("elsewhere", 1)));
  CHECK(mine.text() == "a:6");
}
