#include "net/static_files.hpp"

#include "net/http/response.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace fs = std::filesystem;

namespace {

struct folder {
  folder() {
    std::string name = (fs::temp_directory_path() / "troupe-pages-XXXXXX").string();
    path = ::mkdtemp(name.data());
    fs::create_directories(path / "js");
    std::ofstream{path / "index.html"} << "<!doctype html>";
    std::ofstream{path / "dashboard.html"} << "dashboard";
    std::ofstream{path / "js" / "app.js"} << "export {}";
    std::ofstream{path / ".secret"} << "no";
  }
  ~folder() { fs::remove_all(path); }
  fs::path path;
};

} // namespace

TEST_CASE("pages are found by their address and nothing else is", "[net][http]") {
  folder f;
  const net::static_files files{f.path.string()};
  CHECK(files.size() == 3);
  REQUIRE(files.find("/"));
  CHECK(*files.find("/")->content == "<!doctype html>");
  CHECK(files.find("/")->type == "text/html; charset=utf-8");
  CHECK(*files.find("/dashboard")->content == "dashboard");
  CHECK(files.find("/js/app.js")->type == "text/javascript; charset=utf-8");
  CHECK(files.find("/")->etag != files.find("/dashboard")->etag);
  for (const char* path :
       {"", "/.secret", "/../etc/passwd", "/js", "/js/", "/js/../index.html", "//index.html"})
    CHECK(files.find(path) == nullptr);
}

TEST_CASE("a folder that is not there holds no pages", "[net][http]") {
  CHECK(net::static_files{"/no/such/folder"}.size() == 0);
}
