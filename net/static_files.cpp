#include "net/static_files.hpp"

#include "net/http/response.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace net {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t file_size_max = 16u << 20;
constexpr std::array<std::pair<std::string_view, std::string_view>, 13> types{{
  {".html", "text/html; charset=utf-8"},
  {".css", "text/css; charset=utf-8"},
  {".js", "text/javascript; charset=utf-8"},
  {".mjs", "text/javascript; charset=utf-8"},
  {".json", "application/json; charset=utf-8"},
  {".webmanifest", "application/manifest+json"},
  {".svg", "image/svg+xml"},
  {".png", "image/png"},
  {".jpg", "image/jpeg"},
  {".webp", "image/webp"},
  {".ico", "image/x-icon"},
  {".woff2", "font/woff2"},
  {".txt", "text/plain; charset=utf-8"},
}};

// Chat text is data: nothing inline runs, nothing from elsewhere is loaded, no page may frame ours.
constexpr auto content_policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
  "connect-src 'self' ws: wss:; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; "
  "base-uri 'none'; "
  "require-trusted-types-for 'script'";

std::string_view type_of(const fs::path& p) {
  const auto extension = p.extension().string();
  for (const auto& [name, type] : types)
    if (name == extension)
      return type;
  return "application/octet-stream";
}

std::string etag_of(std::string_view content) {
  std::uint64_t hash = 0xcbf29ce484222325; // FNV-1a: only has to change when the file does
  for (const char c : content) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "\"%016llx\"", static_cast<unsigned long long>(hash));
  return text.data();
}

bool has_etag(std::string_view list, std::string_view etag) {
  return list == "*" || list.find(etag) != std::string_view::npos;
}

} // namespace

static_files::static_files(const std::string& folder) {
  std::error_code why;
  for (fs::recursive_directory_iterator it{folder, why}, end; !why && it != end;
       it.increment(why)) {
    if (!it->is_regular_file(why) || it->file_size(why) > file_size_max)
      continue;
    const auto relative = it->path().lexically_relative(folder);
    const auto name = "/" + relative.generic_string();
    if (name.find("/.") != std::string::npos)
      continue;
    std::ifstream in{it->path(), std::ios::binary};
    auto content = std::make_shared<const std::string>(
      std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{});
    file f{content, std::string{type_of(relative)}, etag_of(*content)};
    files_.emplace(name, std::move(f));
  }
}

const static_files::file* static_files::find(std::string_view path) const {
  std::string name{path};
  if (name.ends_with('/'))
    name += "index.html";
  auto found = files_.find(name);
  if (found == files_.end())
    found = files_.find(name + ".html");
  return found == files_.end() ? nullptr : &found->second;
}

void static_files::serve(http::exchange& e) const {
  const auto& req = e.req();
  const auto* f = find(req.path);
  if (f == nullptr)
    return e.fail({domain::errc::not_found, "There is nothing here", {}, {}});
  if (req.method != "GET" && req.method != "HEAD") {
    e.add_header("Allow", "GET, HEAD");
    return e.fail({domain::errc::method_not_allowed, "This method is not allowed here", {}, {}});
  }
  http::response r;
  r.content_type = f->type;
  r.headers.emplace_back("ETag", f->etag);
  r.headers.emplace_back("Cache-Control", "no-cache");
  r.headers.emplace_back("Content-Security-Policy", content_policy);
  r.headers.emplace_back("Referrer-Policy", "no-referrer");
  r.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  if (has_etag(req.header("If-None-Match"), f->etag))
    r.status = 304;
  else
    r.shared_body = f->content;
  e.respond(std::move(r));
}

} // namespace net
