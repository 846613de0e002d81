#include "domain/error.hpp"
#include "domain/limits.hpp"
#include "tools/option_table.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

namespace {

std::string page(const std::string& path) {
  std::ifstream file(std::string{TROUPE_SOURCE_DIR} + "/" + path);
  REQUIRE(file);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  auto from = text.find(begin);
  REQUIRE(from != std::string::npos);
  from += begin.size();
  auto to = text.find(end, from);
  REQUIRE(to != std::string::npos);
  return text.substr(from, to - from);
}

} // namespace

TEST_CASE("the configuration page holds the option table of the program", "[tools][docs]") {
  auto documented =
    between(page("docs/configuration.md"), "<!-- options: begin -->\n", "<!-- options: end -->");
  CHECK(documented == tools::options_as_markdown()); // tests/tidy/run.py --write renews it
}

TEST_CASE("the protocol page tells of every error code as the table has it", "[tools][docs]") {
  auto text = page("docs/protocol.md");
  for (const auto& row : domain::error_table()) {
    if (row.code == domain::errc::none)
      continue;
    auto line = "| `" + std::string{row.wire_name} + "` | " + std::to_string(row.http_status)
                + " | " + (row.retryable ? "yes" : "no") + " |";
    INFO(line);
    CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("the protocol page tells of every close code as the table has it", "[tools][docs]") {
  auto text = page("docs/protocol.md");
  for (const auto& row : domain::close_table()) {
    auto line = "| " + std::to_string(static_cast<int>(row.code)) + " | " + std::string{row.reason}
                + " | " + (row.reconnect ? "yes" : "no") + " |";
    INFO(line);
    CHECK(text.find(line) != std::string::npos);
  }
}
