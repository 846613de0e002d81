#include "tools/ctl/format.hpp"
#include "tools/ctl/table.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <sstream>

TEST_CASE("counts are written as people read them", "[tools][ctl]") {
  using ctl::human_count;
  CHECK(human_count(0) == "0");
  CHECK(human_count(9'999) == "9999");
  CHECK(human_count(10'000) == "10.0k");
  CHECK(human_count(123'456) == "123k");
  CHECK(human_count(999'499) == "999k");
  CHECK(human_count(999'500) == "1.00M");
  CHECK(human_count(4'560'000) == "4.56M");
  CHECK(human_count(2'000'000'000) == "2.00G");
}

TEST_CASE("durations are written in the unit that fits", "[tools][ctl]") {
  using ctl::human_duration;
  CHECK(human_duration(0) == "0");
  CHECK(human_duration(850) == "850µs");
  CHECK(human_duration(12'300) == "12.3ms");
  CHECK(human_duration(999'600) == "1.00s");
  CHECK(human_duration(42'000'000) == "42.0s");
  CHECK(human_duration(185'000'000) == "3m05");
  CHECK(human_duration(11'100'000'000) == "3h05");
  CHECK(human_duration(187'200'000'000) == "2d04");
  CHECK_FALSE(human_duration(std::numeric_limits<std::uint64_t>::max()).empty());
}

TEST_CASE("long names are cut at characters, not at bytes", "[tools][ctl]") {
  CHECK(ctl::display_width("Zoë…") == 4);
  CHECK(ctl::shortened("Zoë", 3) == "Zoë");
  CHECK(ctl::shortened("éééé", 3) == "éé…");
}

TEST_CASE("names cannot steer the terminal", "[tools][ctl]") {
  CHECK(ctl::printable("a\x1b[2Jb") == "a [2Jb");
  CHECK(
    ctl::printable("a\xC2\x9B"
                   "2Jb")
    == "a 2Jb"); // CSI as one character
  CHECK(ctl::printable("Zoë\x7F") == "Zoë ");
}

TEST_CASE("a table aligns its columns and leaves empty ones out", "[tools][ctl]") {
  ctl::table t{{{"NAME"}, {"COUNT", ctl::align::right}, {"NOTE"}, {"LAST"}}};
  t.add({"Zoë", "7", "", "x"});
  t.add({"Benedict", "12345678", "", "y"});
  std::ostringstream out;
  t.write(out);
  CHECK(
    out.str()
    == "NAME         COUNT  LAST\n"
       "Zoë              7  x\n"
       "Benedict  12345678  y\n");
}

TEST_CASE("a table without rows writes nothing", "[tools][ctl]") {
  std::ostringstream out;
  ctl::table{{{"NAME"}}}.write(out);
  CHECK(out.str().empty());
}
