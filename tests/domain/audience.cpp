// Who gets a broadcast: targets, exceptions, conditions, distances.
#include "domain/broadcast.hpp"
#include "domain/limits.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <set>

using namespace domain;

namespace {

traits_ptr traits_of(attribute_map attributes, std::optional<location> place = std::nullopt) {
  return std::make_shared<traits>(traits{std::move(attributes), place});
}

broadcast to_rooms(std::vector<std::string> rooms) {
  broadcast b;
  b.event = "news";
  b.target.to = target::kind::rooms;
  for (auto& each : rooms)
    b.target.rooms.emplace_back(std::move(each));
  return b;
}

std::set<std::string> broken_fields(broadcast b) {
  std::set<std::string> fields;
  if (const auto checked = check(std::move(b)); !checked) {
    CHECK(checked.error().code == errc::validation_failed);
    for (const auto& each : checked.error().details)
      fields.insert(each.field);
  }
  return fields;
}

} // namespace

TEST_CASE("distances are those of great circles on a sphere of 6371 km", "[audience]") {
  struct row {
    location a, b;
    double km;
  };
  const auto [a, b, km] = GENERATE(
    row{{0, 0}, {0, 0}, 0}, row{{0, 0}, {0, 1}, 111.195}, row{{0, 0}, {1, 0}, 111.195},
    row{{60, 0}, {60, 1}, 55.597}, row{{52.52, 13.405}, {48.8566, 2.3522}, 877.46},
    row{{40.7128, -74.006}, {51.5074, -0.1278}, 5570.22}, row{{0, 0}, {0, 180}, 20015.09},
    row{{90, 0}, {-90, 0}, 20015.09}, row{{10, 179.5}, {10, -179.5}, 109.506},
    row{{90, 10}, {90, -170}, 0});
  INFO(a.lat << ',' << a.lng << " to " << b.lat << ',' << b.lng);
  CHECK(distance_km(a, b) == Approx(km).epsilon(0.0005).margin(0.001));
  CHECK(distance_km(b, a) == Approx(distance_km(a, b)));
}

TEST_CASE("a condition holds for sessions that have what it asks for", "[audience]") {
  const auto gold = traits_of(
    {{"plan", std::string{"gold"}}, {"level", 3.0}, {"beta", true}}, location{52.5, 13.4});
  const session_facts moderator{role::moderator, gold};
  const session_facts nobody{role::user, nullptr};
  const near_condition berlin{{52.52, 13.405}, 50};
  struct row {
    conditions when;
    bool for_moderator, for_nobody;
  };
  const std::vector<row> rows{
    {{}, true, true},
    {{{role::moderator, role::admin}, {}, {}}, true, false},
    {{{role::user}, {}, {}}, false, true},
    {{{}, berlin, {}}, true, false},
    {{{}, near_condition{{48.86, 2.35}, 50}, {}}, false, false},
    {{{}, {}, {{"plan", std::string{"gold"}}}}, true, false},
    {{{}, {}, {{"plan", std::string{"silver"}}}}, false, false},
    {{{}, {}, {{"level", 3.0}, {"beta", true}}}, true, false},
    {{{}, {}, {{"level", std::string{"3"}}}}, false, false},
    {{{}, {}, {{"beta", 1.0}}}, false, false},
    {{{}, {}, {{"missing", true}}}, false, false},
    {{{role::moderator}, berlin, {{"plan", std::string{"gold"}}}}, true, false},
    {{{role::user}, berlin, {{"plan", std::string{"gold"}}}}, false, false},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    INFO("row " << i);
    CHECK(holds(rows[i].when, moderator) == rows[i].for_moderator);
    CHECK(holds(rows[i].when, nobody) == rows[i].for_nobody);
  }
}

TEST_CASE("the quick look at latitudes leaves nobody out", "[audience]") {
  const auto angle = GENERATE(range(0, 360, 15));
  const location center{GENERATE(0.0, 47.3, -80.0), 11};
  const double radius = 300;
  const auto turn = angle * 3.14159265358979 / 180;
  for (const double share : {0.99, 1.01}) {
    const auto lat = center.lat + share * radius / 111.195 * std::cos(turn);
    const auto lng =
      center.lng + share * radius / 111.195 * std::sin(turn) / std::cos(center.lat * 0.0174533);
    const session_facts who{role::user, traits_of({}, location{lat, lng})};
    const auto km = distance_km(center, {lat, lng});
    CHECK(holds({{}, near_condition{center, radius}, {}}, who) == (km <= radius));
  }
}

TEST_CASE("a session is concerned through any topic, unless one of its topics is excepted") {
  auto b = to_rooms({"a", "b"});
  b.target.except_rooms = {room_id{"c"}};
  b.target.except_users = {user_id{"eve"}};
  const auto e = event_of(b, {});
  const session_facts any{};
  const auto asked = [&](std::vector<topic> topics) {
    return concerns(*e, topics, user_id{"ada"}, any);
  };
  CHECK(asked({"room:a"}));
  CHECK(asked({"room:b", "room:a", "all"}));
  CHECK_FALSE(asked({"all", "user:ada"}));
  CHECK_FALSE(asked({"room:a", "room:c"}));
  CHECK_FALSE(asked({"room:a", "user:eve"}));
  CHECK_FALSE(asked({}));
}

TEST_CASE("a broadcast to all of one room is an event like any other", "[broadcast]") {
  auto b = to_rooms({"a"});
  CHECK(event_of(b, {})->audience == nullptr);
  CHECK(event_of(b, {})->topic == "room:a");
  b.is_volatile = true;
  b.priority = priority::low;
  b.key = "k";
  const auto e = event_of(b, {});
  CHECK(e->cls == delivery_class::droppable);
  CHECK(e->priority == priority::low);
  CHECK(e->key == "k");
  b.target.when.roles = {role::admin};
  CHECK(event_of(b, {})->audience != nullptr);
  target everyone;
  everyone.to = target::kind::all;
  CHECK(audience_of(everyone)->topics == std::vector<topic>{"all"});
}

TEST_CASE("names given twice count once", "[broadcast]") {
  auto b = to_rooms({"a", "b", "a"});
  b.target.except_users = {user_id{"x"}, user_id{"x"}};
  const auto checked = check(b);
  REQUIRE(checked);
  CHECK(checked->target.rooms.size() == 2);
  CHECK(checked->target.except_users.size() == 1);
}

TEST_CASE("a broadcast is checked, all broken rules at once", "[broadcast]") {
  CHECK(broken_fields(to_rooms({"a"})).empty());
  CHECK(broken_fields({}) == std::set<std::string>{"event", "target"});
  CHECK(broken_fields(to_rooms({})) == std::set<std::string>{"target.rooms"});
  CHECK(broken_fields(to_rooms({"no room"})) == std::set<std::string>{"target.rooms"});
  auto b = to_rooms({"a"});
  b.event = "new-message";
  CHECK(broken_fields(b) == std::set<std::string>{"event"});
  b = to_rooms({"a"});
  b.data = std::string(limits::broadcast_data_bytes + 1, '1');
  b.key = std::string(limits::key_bytes + 1, 'k');
  CHECK(broken_fields(b) == std::set<std::string>{"data", "key"});
  b = to_rooms({"a"});
  b.target.except_users = {user_id{""}};
  b.target.except_rooms = {room_id{"?"}};
  CHECK(broken_fields(b) == std::set<std::string>{"target.exceptRooms", "target.exceptUsers"});
  b = to_rooms({"a"});
  for (std::size_t i = 0; i <= limits::target_names; ++i)
    b.target.rooms.emplace_back("r" + std::to_string(i));
  CHECK(broken_fields(b) == std::set<std::string>{"target.rooms"});
  b = to_rooms({"a"});
  b.target.when.near = near_condition{{91, 0}, -1};
  CHECK(broken_fields(b) == std::set<std::string>{"target.near", "target.near.radiusKm"});
  b.target.when.near = near_condition{{std::numeric_limits<double>::quiet_NaN(), 0}, 1};
  CHECK(broken_fields(b) == std::set<std::string>{"target.near"});
  b = to_rooms({"a"});
  b.target.when.attributes = {{"", true}};
  CHECK(broken_fields(b) == std::set<std::string>{"target.attributes"});
  b.target.when.attributes = {{"x", std::string(limits::attribute_text_bytes + 1, 'x')}};
  CHECK(broken_fields(b) == std::set<std::string>{"target.attributes.x"});
}

TEST_CASE("priorities have five names, in order", "[broadcast]") {
  std::size_t i = 0;
  for (const auto* name : {"critical", "high", "normal", "low", "background"}) {
    auto read = priority::normal;
    REQUIRE(parse_priority(name, read));
    CHECK(static_cast<std::size_t>(read) == i++);
    CHECK(to_string(read) == name);
  }
  auto untouched = priority::low;
  CHECK_FALSE(parse_priority("urgent", untouched));
  CHECK_FALSE(parse_priority("", untouched));
}
