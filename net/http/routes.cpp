#include "net/http/routes.hpp"

#include "net/http/response.hpp"

#include <algorithm>
#include <set>

namespace net::http {

namespace {

using segments = std::vector<std::string_view>;

/// Of "/a/b/" and "/a/b": {a, b}.
segments split(std::string_view path) {
  segments out;
  if (path.starts_with('/'))
    path.remove_prefix(1);
  if (path.ends_with('/'))
    path.remove_suffix(1);
  while (!path.empty()) {
    const auto end = path.find('/');
    out.push_back(path.substr(0, end));
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  }
  return out;
}

bool is_api(std::string_view path) {
  return path == "/api" || path.starts_with("/api/");
}

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

/// The part behind the base, or nothing when the path names a version that there is not.
bool strip_base(std::string_view path, std::string_view& rest) {
  rest = path.substr(std::string_view{"/api"}.size());
  if (!rest.starts_with("/v"))
    return true;
  const auto version = rest.substr(1, rest.find('/', 1) - 1);
  const bool is_version =
    version.size() > 1 && version.find_first_not_of("0123456789", 1) == std::string_view::npos;
  if (!is_version)
    return true;
  rest.remove_prefix(1 + version.size());
  return version == "v1" || version == "v2";
}

} // namespace

struct routes::impl {
  struct entry {
    std::size_t row;
    std::vector<std::string> parts;
    std::size_t literals;
    handler run;
  };
  std::vector<entry> entries;
  std::vector<middleware> before;
  cors policy;
  struct raw_route {
    std::function<void(const exchange_ptr&)> run;
    raw_options options;
  };
  std::map<std::string, raw_route, std::less<>> exact;
  std::vector<std::pair<std::string, raw_route>> below; // longest first

  const raw_route* find_raw(std::string_view path) const {
    if (const auto found = exact.find(path); found != exact.end())
      return &found->second;
    if (is_api(path))
      return nullptr;
    for (const auto& [prefix, route] : below)
      if (path.starts_with(prefix))
        return &route;
    return nullptr;
  }

  static bool matches(const entry& e, const segments& path) {
    if (e.parts.size() != path.size())
      return false;
    for (std::size_t i = 0; i < path.size(); ++i)
      if (path[i].empty() || (!is_parameter(e.parts[i]) && e.parts[i] != path[i]))
        return false;
    return true;
  }

  static parameters values(const entry& e, const segments& path) {
    parameters out;
    for (std::size_t i = 0; i < path.size(); ++i)
      if (is_parameter(e.parts[i]))
        out.emplace(e.parts[i].substr(1, e.parts[i].size() - 2), std::string{path[i]});
    return out;
  }
};

namespace {

std::string join(const std::set<std::string>& methods) {
  std::string out;
  for (const auto& m : methods)
    out += out.empty() ? m : ", " + m;
  return out;
}

/// Runs the middlewares one after the other, then the handler.
struct chain : std::enable_shared_from_this<chain> {
  exchange_ptr e;
  const route_options* options = nullptr;
  const std::vector<routes::middleware>* before = nullptr;
  std::size_t next = 0;
  handler run;
  parameters values;
  std::shared_ptr<void> table; // what the pointers above point into

  void go() {
    if (next == before->size())
      return run(e, values);
    const auto& m = (*before)[next++];
    m(e, *options, [self = shared_from_this()] { self->go(); });
  }
};

} // namespace

routes::routes() : impl_(std::make_shared<impl>()) {}

void routes::use(middleware m) {
  impl_->before.push_back(std::move(m));
}

void routes::use(cors policy) {
  impl_->policy = std::move(policy);
}

void routes::add(std::string method, std::string pattern, route_options options, handler h) {
  impl::entry e{table_.size(), {}, 0, std::move(h)};
  for (const auto part : split(pattern)) {
    e.literals += is_parameter(part) ? 0u : 1u;
    e.parts.emplace_back(part);
  }
  impl_->entries.push_back(std::move(e));
  table_.push_back({std::move(method), std::move(pattern), std::move(options)});
}

void routes::raw(
  std::string path, std::function<void(const exchange_ptr&)> h, raw_options options) {
  impl::raw_route made{std::move(h), std::move(options)};
  if (!path.ends_with("/*")) {
    impl_->exact.insert_or_assign(std::move(path), std::move(made));
    return;
  }
  path.pop_back();
  impl_->below.emplace_back(std::move(path), std::move(made));
  std::stable_sort(impl_->below.begin(), impl_->below.end(), [](const auto& a, const auto& b) {
    return a.first.size() > b.first.size();
  });
}

void routes::dispatch(const exchange_ptr& e) {
  const std::string_view path = e->req().path;
  if (const auto* own = impl_->find_raw(path))
    return own->run(e);
  if (is_api(path))
    return dispatch_api(e);
  e->fail({domain::errc::not_found, "There is nothing here", {}, {}});
}

const raw_options& routes::raw_options_of(std::string_view path) const {
  static const raw_options nothing;
  const auto* own = impl_->find_raw(path);
  return own != nullptr ? own->options : nothing;
}

void routes::dispatch_api(const exchange_ptr& e) {
  auto& req = e->req();
  impl_->policy.apply(*e);
  std::string_view rest;
  if (!strip_base(req.path, rest) || api_version(req) == 0)
    return e->fail(
      {domain::errc::bad_request, "Unknown version of the API; there are v1 and v2", {}, {}});
  const auto path = split(rest);
  const bool is_head = req.method == "HEAD";
  std::set<std::string> allowed;
  const impl::entry* best = nullptr;
  for (const auto& candidate : impl_->entries) {
    if (!impl::matches(candidate, path))
      continue;
    const auto& method = table_[candidate.row].method;
    allowed.insert(method);
    const bool is_it = method == req.method || (is_head && method == "GET");
    if (is_it && (best == nullptr || candidate.literals > best->literals))
      best = &candidate;
  }
  if (allowed.empty())
    return e->fail({domain::errc::not_found, "There is nothing here", {}, {}});
  if (allowed.contains("GET"))
    allowed.insert("HEAD");
  allowed.insert("OPTIONS");
  if (best == nullptr) {
    const auto methods = join(allowed);
    if (req.method == "OPTIONS") {
      response r;
      r.status = 204;
      r.headers.emplace_back("Allow", methods);
      impl_->policy.apply_preflight(req, methods, r);
      return e->respond(std::move(r));
    }
    e->add_header("Allow", methods);
    return e->fail({domain::errc::method_not_allowed, "This method is not allowed here", {}, {}});
  }
  const auto c = std::make_shared<chain>();
  c->e = e;
  c->options = &table_[best->row].options;
  c->before = &impl_->before;
  c->run = best->run;
  c->values = impl::values(*best, path);
  c->table = impl_;
  c->go();
}

} // namespace net::http
