#include "net/health.hpp"

#include "domain/json.hpp"
#include "net/http/response.hpp"
#include "net/http/routes.hpp"
#include "net/services.hpp"

#include <string>
#include <utility>
#include <vector>

namespace net {

namespace {

/// The parts a node needs to serve, in order, with whether each is fine.
std::vector<std::pair<std::string_view, bool>> parts_of(services& s) {
  const bool is_started =
    static_cast<bool>(s.node.authenticator()) && static_cast<bool>(s.node.directory());
  return {
    {"starting", is_started},
    {"draining", !s.is_draining.load(std::memory_order_relaxed)},
    {"storage", s.node.is_storage_ready()},
  };
}

void ready(services& s, const http::exchange_ptr& e) {
  const auto parts = parts_of(s);
  std::string failing = "[";
  domain::json_object all;
  bool is_ready = true;
  for (const auto& [name, is_fine] : parts) {
    all.text(name, is_fine ? "ok" : "failing");
    if (is_fine)
      continue;
    is_ready = false;
    if (failing.size() > 1)
      failing += ',';
    domain::append_json_string(failing, name);
  }
  failing += ']';
  domain::json_object o;
  o.text("status", is_ready ? "ready" : "unavailable").raw("failing", failing);
  bool is_verbose = false;
  for (const auto& [name, value] : e->req().query)
    is_verbose = is_verbose || name == "verbose";
  if (is_verbose) {
    o.raw("parts", all.take()).text("node", s.config.node_name);
    o.text("durability", s.node.outside().storage->durability());
  }
  auto r = http::json_response(is_ready ? 200 : 503, o.take());
  if (!is_ready)
    r.headers.emplace_back("Retry-After", "1");
  e->respond(std::move(r));
}

/// GET and HEAD only.
bool is_reading(const http::exchange_ptr& e) {
  if (e->req().method == "GET" || e->req().method == "HEAD")
    return true;
  e->add_header("Allow", "GET, HEAD");
  e->fail({domain::errc::method_not_allowed, "This method is not allowed here", {}, {}});
  return false;
}

} // namespace

void add_health(http::routes& table, services& s) {
  table.raw("/livez", [](const http::exchange_ptr& e) {
    if (is_reading(e))
      e->respond(http::json_response(200, R"({"status":"alive"})"));
  });
  for (const char* path : {"/readyz", "/healthz"})
    table.raw(path, [&s](const http::exchange_ptr& e) {
      if (is_reading(e))
        ready(s, e);
    });
}

} // namespace net
