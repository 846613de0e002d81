#include "actors/room_directory.hpp"
#include "net/rest/asking.hpp"
#include "net/rest/body.hpp"
#include "net/rest/envelope.hpp"
#include "net/rest/resources.hpp"

namespace net::rest {

namespace {

using http::exchange_ptr;
using http::parameters;

std::string message_with_links(const http::request& req, const domain::message& m) {
  return with_self_link(req, domain::to_json(m), "/messages/" + m.id.value);
}

void list(services& s, const exchange_ptr& e, const domain::room_id& id) {
  if (const auto why = check_parameters(e->req(), {"cursor", "direction", "limit", "links"}))
    return e->fail(*why);
  const auto page = read_cursor_page(e->req());
  if (!page)
    return e->fail(page.error());
  with_readable_room(s, e, id, [&s, e, page = *page](domain::room& room) {
    persistence::page_query query{page.cursor, page.forward, page.limit};
    s.ask.ask<persistence::message_page>(
      s.node.messages(), domain::limits::query_timeout,
      actors::load_messages{room.id, std::move(query)},
      [&s, e](persistence::message_page& found) {
        std::vector<std::string> items;
        for (const auto& m : found.messages)
          items.push_back(message_with_links(e->req(), m));
        page_info info{found.has_next, found.has_previous, {}, {}};
        if (!found.messages.empty()) {
          info.start = std::to_string(found.messages.front().seq);
          info.end = std::to_string(found.messages.back().seq);
        }
        e->respond(write_page(e->req(), info, items, now(s)));
      },
      failing(e));
  });
}

/// A room says `forbidden` to a stranger; that a private one exists is nobody's business.
void fail_post(
  services& s, const exchange_ptr& e, const domain::room_id& id, const domain::error& why) {
  if (why.code == domain::errc::not_found)
    return e->fail(no_such_room());
  if (why.code != domain::errc::forbidden)
    return e->fail(why);
  with_readable_room(s, e, id, [e, why](domain::room&) { e->fail(why); });
}

std::string attachments_json(const std::vector<std::string>& all) {
  std::string out = "[";
  for (const auto& one : all) {
    if (out.size() > 1)
      out += ',';
    out += one;
  }
  return out + ']';
}

void respond_posted(
  services& s, const exchange_ptr& e, const domain::room_id& id, actors::room_post& asked,
  const actors::room_posted& done) {
  domain::message m;
  m.id = done.id;
  m.room = id;
  m.seq = done.seq;
  m.sender = std::move(asked.sender);
  m.content = std::move(asked.draft.content);
  m.reply_to = std::move(asked.draft.reply_to);
  m.client_id = std::move(asked.draft.client_id);
  m.attachments_json = attachments_json(asked.draft.attachments);
  m.at = done.at;
  auto r = resource(e->req(), 201, message_with_links(e->req(), m), now(s));
  r.headers.emplace_back("Location", base_of(e->req()) + "/messages/" + m.id.value);
  e->respond(std::move(r));
}

void post(services& s, const exchange_ptr& e, const domain::room_id& id) {
  body b{e->req()};
  domain::draft wanted;
  if (auto content = b.optional_text("content"))
    wanted.content = std::move(*content);
  if (auto client_id = b.optional_text("clientId"))
    wanted.client_id = std::move(*client_id);
  else if (const auto key = e->req().header("Idempotency-Key");
           key.size() <= domain::limits::client_id_bytes)
    // so that even a crash between the commit and the kept answer does not store it twice
    wanted.client_id = std::string{key};
  if (auto reply_to = b.optional_text("replyTo"))
    wanted.reply_to = std::move(*reply_to);
  wanted.attachments = b.optional_objects("attachments");
  if (!b.is_unreadable()) {
    if (const auto checked = domain::check(wanted); checked)
      wanted = *checked;
    else
      b.also(checked.error());
  }
  if (const auto why = b.failed())
    return e->fail(*why);
  if (!domain::is_valid_room_id(id.value))
    return e->fail(no_such_room());
  const auto& who = *e->req().who;
  actors::room_post question{
    {who.user, who.username, who.name, who.avatar}, std::move(wanted), false};
  s.ask.ask<actors::opened_room>(
    s.node.directory(), domain::limits::command_timeout, actors::open_room{id},
    [&s, e, id, question](actors::opened_room& opened) {
      s.ask.ask<actors::room_posted>(
        opened.room, domain::limits::command_timeout, question,
        [&s, e, id, question](actors::room_posted& done) mutable {
          respond_posted(s, e, id, question, done);
        },
        [&s, e, id](const domain::error& why) { fail_post(s, e, id, why); });
    },
    [&s, e, id](const domain::error& why) { fail_post(s, e, id, why); });
}

} // namespace

void add_messages(http::routes& table, services& s) {
  table.get(
    "/rooms/{id}/messages", {"Messages of a room, newest first"},
    [&s](const exchange_ptr& e, const parameters& p) { list(s, e, domain::room_id{p.at("id")}); });
  http::route_options posting{"Send a message"};
  posting.idempotency_key = true;
  table.post("/rooms/{id}/messages", posting, [&s](const exchange_ptr& e, const parameters& p) {
    post(s, e, domain::room_id{p.at("id")});
  });
}

} // namespace net::rest
