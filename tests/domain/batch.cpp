#include "domain/batch.hpp"

#include "domain/broadcast.hpp"
#include "domain/limits.hpp"

#include <catch2/catch.hpp>

using namespace domain;
using namespace std::chrono_literals;

namespace {

batch_book::moment at(std::chrono::milliseconds ms) {
  return {steady_time{ms}, timestamp{ms}};
}

event_ptr one(
  const std::string& name, const std::string& room = "a", priority p = priority::normal,
  std::string key = {}) {
  auto e = std::make_shared<event>();
  e->name = name;
  e->data = "{\"n\":1}";
  e->topic = "room:" + room;
  e->priority = p;
  e->key = std::move(key);
  e->at = timestamp{5ms};
  return e;
}

} // namespace

TEST_CASE("ten events of a room become one", "[batch]") {
  batch_book book;
  for (int i = 0; i < 9; ++i)
    CHECK(book.add(one("e" + std::to_string(i)), at(1ms)).empty());
  const auto out = book.add(one("e9"), at(1s));
  REQUIRE(out.size() == 1);
  CHECK(out[0]->name == "batched-messages");
  CHECK(out[0]->topic == "room:a");
  CHECK(out[0]->data.find(R"({"messages":[{"event":"e0","data":{"n":1},"timestamp":"1970-)") == 0);
  CHECK(out[0]->data.find(R"("count":10,"timestamp":"1970-01-01T00:00:01.000Z"})") > 0);
  CHECK(book.open() == 0);
  CHECK_FALSE(book.next_due());
}

TEST_CASE("a batch waits for 100 ms from its first event on", "[batch]") {
  batch_book book;
  book.add(one("x"), at(10ms));
  book.add(one("y"), at(90ms));
  book.add(one("z", "b"), at(50ms));
  CHECK(*book.next_due() == steady_time{110ms});
  CHECK(book.take_due(at(109ms)).empty());
  const auto first = book.take_due(at(110ms));
  REQUIRE(first.size() == 1);
  CHECK(first[0]->data.find("\"count\":2") != std::string::npos);
  CHECK(book.take_due(at(200ms)).size() == 1);
}

TEST_CASE("events of other classes and rooms have batches of their own", "[batch]") {
  batch_book book;
  book.add(one("x"), at(0ms));
  book.add(one("x", "b"), at(0ms));
  book.add(one("x", "a", priority::low), at(0ms));
  CHECK(book.open() == 3);
  const auto touching = book.take_touching("room:a", {});
  REQUIRE(touching.size() == 2);
  CHECK(touching[0]->priority == priority::normal);
  CHECK(touching[1]->priority == priority::low);
  CHECK(book.open() == 1);
}

TEST_CASE("of one topic and class only one batch is open", "[batch]") {
  batch_book book;
  book.add(one("x"), at(0ms));
  book.add(one("x", "b"), at(0ms));
  book.add(one("x", "a", priority::low), at(0ms));
  broadcast both;
  both.event = "y";
  both.target.to = target::kind::rooms;
  both.target.rooms = {room_id{"a"}, room_id{"b"}};
  const auto older = book.add(event_of(both, {}), at(0ms));
  REQUIRE(older.size() == 2);
  CHECK(older[0]->topic == "room:a");
  CHECK(older[1]->topic == "room:b");
  CHECK(book.add(event_of(both, {}), at(0ms)).empty());
  CHECK(book.open() == 2); // the low one too
  const auto before = book.add(one("y", "b"), at(0ms));
  REQUIRE(before.size() == 1);
  CHECK(before[0]->data.find("\"count\":2") != std::string::npos);
  CHECK(book.take_touching(*event_of(both, {}), {}).size() == 2);
}

TEST_CASE("of a key a batch holds the newest, in the place of the oldest", "[batch]") {
  batch_book book;
  book.add(one("p1", "a", priority::normal, "k"), at(0ms));
  book.add(one("q"), at(0ms));
  book.add(one("p2", "a", priority::normal, "k"), at(0ms));
  const auto out = book.take_all({});
  REQUIRE(out.size() == 1);
  const auto& text = out[0]->data;
  CHECK(text.find("\"count\":2") != std::string::npos);
  CHECK(text.find("p1") == std::string::npos);
  CHECK(text.find("p2") < text.find("\"q\""));
}

TEST_CASE("a batch is sent before it grows too large", "[batch]") {
  batch_book book;
  auto large = std::make_shared<event>(*one("x"));
  large->data = '"' + std::string(limits::batch_event_bytes / 2, 'x') + '"';
  CHECK(book.add(large, at(0ms)).empty());
  CHECK(book.add(large, at(0ms)).size() == 1);
  CHECK(book.open() == 1);
}

TEST_CASE("beyond the bound of open batches events go out as they are", "[batch]") {
  batch_book book;
  for (std::size_t i = 0; i < limits::open_batches; ++i)
    book.add(one("x", "r" + std::to_string(i)), at(0ms));
  const auto out = book.add(one("x", "one-more"), at(0ms));
  REQUIRE(out.size() == 1);
  CHECK(out[0]->name == "x");
  CHECK(book.take_due(at(100ms)).size() == limits::open_batches);
}
