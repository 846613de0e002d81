#include "net/http/install.hpp"

#include "net/health.hpp"
#include "net/http/middleware.hpp"
#include "net/metrics_page.hpp"
#include "net/rest/resources.hpp"
#include "net/services.hpp"

namespace net::http {

std::shared_ptr<routes> make_routes(services& s, std::shared_ptr<site> common) {
  auto table = std::make_shared<routes>();
  table->use(cors{s.config.cors_origins});
  table->use(authenticate(s, common));
  table->use(idempotency(s, common));
  rest::add_auth(*table, s);
  rest::add_users(*table, s);
  rest::add_rooms(*table, s);
  rest::add_members(*table, s);
  rest::add_messages(*table, s);
  rest::add_events(*table, s);
  rest::add_stream(*table, s);
  rest::add_broadcast(*table, s);
  rest::add_admin(*table, s, common);
  rest::add_trace(*table, s);
  rest::add_why(*table, s);
  add_health(*table, s);
  add_metrics(*table, s, common);
  table->raw("/*", [common](const exchange_ptr& e) { common->files().serve(*e); });
  return table;
}

std::shared_ptr<door>
make_door(services& s, std::shared_ptr<routes> table, const std::shared_ptr<site>& common) {
  door::options o{.io = s.home.io(), .table = std::move(table)};
  o.home = &s.home;
  o.log = s.node.outside().log;
  o.id_prefix = "req_" + s.node.outside().random->token(6) + "-";
  o.live = &s.http_connections;
  o.is_draining = &s.is_draining;
  o.secured = s.secured;
  o.reach = [&s, weak = std::weak_ptr{common}](std::uint32_t index, std::function<void(door&)> f) {
    const auto all = weak.lock();
    const auto other = all ? all->at(index) : nullptr;
    if (!other || index >= s.shards.size())
      return false;
    s.shards[index]->post([other, f = std::move(f)] { f(*other); });
    return true;
  };
  auto d = std::make_shared<door>(std::move(o));
  common->add(s.home.index(), d);
  return d;
}

} // namespace net::http
