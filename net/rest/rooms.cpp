#include "net/rest/asking.hpp"
#include "net/rest/body.hpp"
#include "net/rest/envelope.hpp"
#include "net/rest/resources.hpp"
#include "net/rest/views.hpp"

namespace net::rest {

namespace {

using http::exchange_ptr;
using http::parameters;

std::string room_with_links(const http::request& req, const domain::room& r) {
  return with_self_link(req, room_json(r), "/rooms/" + r.id.value);
}

void create(services& s, const exchange_ptr& e) {
  body b{e->req()};
  domain::new_room wanted;
  wanted.name = b.text("name");
  wanted.id = b.optional_text("id");
  if (const auto type = b.optional_text("type"))
    if (!domain::parse_room_type(*type, wanted.type))
      b.also(
        {domain::errc::validation_failed, "", {{"type", "must be public, private or direct"}}, {}});
  if (!b.is_unreadable()) {
    if (const auto checked = domain::check(wanted); checked)
      wanted = *checked;
    else
      b.also(checked.error());
  }
  if (const auto why = b.failed())
    return e->fail(*why);
  domain::room made;
  made.id = wanted.id ? domain::room_id{*wanted.id} : s.node.outside().ids->next_room();
  made.name = wanted.name;
  made.type = wanted.type;
  made.created_by = e->req().who->user;
  made.created_at = made.updated_at = now(s);
  made.member_count = 1;
  s.ask.ask<persistence::written>(
    s.node.rooms(), domain::limits::command_timeout,
    actors::write_change{persistence::create_room{made}},
    [&s, e, made](persistence::written&) {
      auto r = resource(e->req(), 201, room_with_links(e->req(), made), now(s));
      r.headers.emplace_back("Location", base_of(e->req()) + "/rooms/" + made.id.value);
      e->respond(std::move(r));
    },
    failing(e));
}

void list(services& s, const exchange_ptr& e) {
  if (const auto why = check_parameters(e->req(), {"page", "limit", "links"}))
    return e->fail(*why);
  const auto page = read_offset_page(e->req());
  if (!page)
    return e->fail(page.error());
  s.ask.ask<persistence::room_page>(
    s.node.rooms(), domain::limits::query_timeout,
    actors::list_rooms{e->req().who->user, page->limit, page->offset()},
    [&s, e, page = *page](persistence::room_page& found) {
      std::vector<std::string> items;
      for (const auto& r : found.rooms)
        items.push_back(room_with_links(e->req(), r));
      e->respond(write_page(e->req(), page, found.total, items, now(s)));
    },
    failing(e));
}

} // namespace

void add_rooms(http::routes& table, services& s) {
  http::route_options creating{"Open a room"};
  creating.idempotency_key = true;
  table.post("/rooms", creating, [&s](const exchange_ptr& e, const parameters&) { create(s, e); });
  table.get(
    "/rooms", {"Public rooms and one's own, newest first"},
    [&s](const exchange_ptr& e, const parameters&) { list(s, e); });
  table.get("/rooms/{id}", {"One room"}, [&s](const exchange_ptr& e, const parameters& p) {
    with_readable_room(s, e, domain::room_id{p.at("id")}, [&s, e](domain::room& r) {
      e->respond(resource(e->req(), 200, room_with_links(e->req(), r), now(s)));
    });
  });
}

} // namespace net::rest
