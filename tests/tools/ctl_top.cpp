#include "tools/ctl/top.hpp"

#include <catch2/catch.hpp>

#include <sstream>

namespace {

ctl::reading at(std::chrono::seconds when, const char* node, const char* actors) {
  ctl::reading r;
  r.node.Parse(node);
  r.actors.Parse(actors);
  r.at = std::chrono::steady_clock::time_point{} + when;
  return r;
}

} // namespace

TEST_CASE("top shows what happened since the reading before, the busiest first", "[tools][ctl]") {
  const auto before = at(
    std::chrono::seconds{10},
    R"({"node":"a","uptimeSeconds":10,"delivered":1000,"process":{"cpuSeconds":1.0}})",
    R"({"actors":[{"id":"act_1","handled":1000000,"busyUs":9000000,"ageMs":10000},
                  {"id":"act_2","handled":10,"busyUs":100,"ageMs":10000}]})");
  const auto now = at(
    std::chrono::seconds{12},
    R"({"node":"a","uptimeSeconds":12,"delivered":5000,"process":{"cpuSeconds":2.0}})",
    R"({"actors":[{"id":"act_1","handled":1000000,"busyUs":9000000,"ageMs":12000},
                  {"id":"act_2","handled":410,"busyUs":1000100,"ageMs":12000},
                  {"id":"act_3","handled":5,"busyUs":1000,"ageMs":500}]})");
  std::ostringstream out;
  ctl::show_top(now, &before, 2, out);
  const auto text = out.str();
  CHECK(text.find("cpu 50%") != std::string::npos);
  CHECK(text.find("2000 delivered/s") != std::string::npos);
  const auto first = text.find("act_2   50%");
  REQUIRE(first != std::string::npos);
  CHECK(text.find("200", first) != std::string::npos);
  CHECK(text.find("act_3") > first);
  CHECK(text.find("act_3") != std::string::npos);
  CHECK(text.find("act_1") == std::string::npos); // was busy before, is not now
}

TEST_CASE("top copes with a node that says less", "[tools][ctl]") {
  const auto bare = at(std::chrono::seconds{0}, "{}", R"({"actors":[{}]})");
  std::ostringstream out;
  ctl::show_top(bare, nullptr, 20, out);
  CHECK_FALSE(out.str().empty());
}
