#include "net/rest/asking.hpp"
#include "net/rest/body.hpp"
#include "net/rest/envelope.hpp"
#include "net/rest/resources.hpp"
#include "net/rest/views.hpp"

namespace net::rest {

namespace {

using http::exchange_ptr;
using http::parameters;

std::string path_of(const domain::membership& m) {
  return "/rooms/" + m.room.value + "/members/" + m.user.value;
}

domain::user_id target_of(const http::request& req, const parameters& p) {
  const auto& named = p.at("userId");
  return named == "me" ? req.who->user : domain::user_id{named};
}

/// The asker's own role in the room; nothing when not a member.
void with_own_role(
  services& s, const exchange_ptr& e, const domain::room_id& id,
  std::function<void(std::optional<domain::room_role>)> then) {
  s.ask.ask<actors::found_member>(
    s.node.rooms(), domain::limits::query_timeout, actors::find_member{id, e->req().who->user},
    [then](actors::found_member& found) { then(found.membership.role); },
    [e, then](const domain::error& why) {
      if (why.code == domain::errc::not_found)
        then(std::nullopt);
      else
        e->fail(why);
    });
}

// -- list --

/// Members of one page, each with its user: as many questions as members, gathered.
struct gathering {
  std::vector<domain::membership> members;
  std::vector<std::optional<domain::user>> users;
  std::size_t missing = 0;
  std::function<void(gathering&)> done;
  void came() {
    if (--missing == 0)
      done(*this);
  }
};

void gather_users(services& s, std::shared_ptr<gathering> g) {
  g->users.resize(g->members.size());
  g->missing = g->members.size() + 1;
  for (std::size_t i = 0; i < g->members.size(); ++i)
    s.ask.ask<actors::found_user>(
      s.node.users(), domain::limits::query_timeout, actors::find_user{g->members[i].user},
      [g, i](actors::found_user& found) {
        g->users[i] = std::move(found.user);
        g->came();
      },
      [g](const domain::error&) { g->came(); });
  g->came();
}

void list(services& s, const exchange_ptr& e, const domain::room_id& id) {
  if (const auto why = check_parameters(e->req(), {"page", "limit", "links"}))
    return e->fail(*why);
  const auto page = read_offset_page(e->req());
  if (!page)
    return e->fail(page.error());
  with_readable_room(s, e, id, [&s, e, page = *page](domain::room& room) {
    s.ask.ask<actors::member_list>(
      s.node.rooms(), domain::limits::query_timeout,
      actors::list_members{room.id, page.limit, page.offset()},
      [&s, e, page, total = room.member_count](actors::member_list& found) {
        const auto g = std::make_shared<gathering>();
        g->members = std::move(found.members);
        g->done = [&s, e, page, total](gathering& all) {
          std::vector<std::string> items;
          for (std::size_t i = 0; i < all.members.size(); ++i) {
            const auto& m = all.members[i];
            items.push_back(with_self_link(
              e->req(), member_json(m, all.users[i] ? &*all.users[i] : nullptr), path_of(m)));
          }
          e->respond(write_page(e->req(), page, total, items, now(s)));
        };
        gather_users(s, g);
      },
      failing(e));
  });
}

// -- add --

void respond_member(services& s, const exchange_ptr& e, const domain::membership& m, bool was_new) {
  e->respond(resource(
    e->req(), was_new ? 201 : 200, with_self_link(e->req(), member_json(m, nullptr), path_of(m)),
    now(s)));
}

void save(services& s, const exchange_ptr& e, domain::membership m) {
  s.ask.ask<persistence::written>(
    s.node.rooms(), domain::limits::command_timeout,
    actors::write_change{persistence::add_member{m}},
    [&s, e, m](persistence::written& done) {
      if (done.was_new)
        return respond_member(s, e, m, true);
      s.ask.ask<actors::found_member>( // was one already: as it is
        s.node.rooms(), domain::limits::query_timeout, actors::find_member{m.room, m.user},
        [&s, e](actors::found_member& found) { respond_member(s, e, found.membership, false); },
        failing(e));
    },
    failing(e));
}

void add_other(
  services& s, const exchange_ptr& e, domain::membership m, std::optional<domain::room_role> own) {
  if (!own || *own == domain::room_role::member)
    return e->fail({domain::errc::forbidden, "Only owners and moderators add others", {}, {}});
  if (m.role != domain::room_role::member && *own != domain::room_role::owner)
    return e->fail({domain::errc::forbidden, "Only owners give roles", {}, {}});
  s.ask.ask<actors::found_user>(
    s.node.users(), domain::limits::query_timeout, actors::find_user{m.user},
    [&s, e, m](actors::found_user&) { save(s, e, m); },
    [e](const domain::error& why) {
      e->fail(
        why.code == domain::errc::not_found
          ? domain::error{domain::errc::not_found, "User not found", {}, {}}
          : why);
    });
}

void put(services& s, const exchange_ptr& e, const parameters& p) {
  body b{e->req(), body::presence::optional};
  domain::membership m{
    domain::room_id{p.at("id")}, target_of(e->req(), p), domain::room_role::member, now(s)};
  if (const auto role = b.optional_text("role"))
    if (!domain::parse_room_role(*role, m.role))
      b.also(
        {domain::errc::validation_failed,
         "",
         {{"role", "must be member, moderator or owner"}},
         {}});
  if (const auto why = b.failed())
    return e->fail(*why);
  with_readable_room(s, e, m.room, [&s, e, m](domain::room& room) {
    const bool is_self = m.user == e->req().who->user;
    if (is_self && m.role == domain::room_role::member && room.type == domain::room_type::open)
      return save(s, e, m);
    with_own_role(s, e, m.room, [&s, e, m, is_self](std::optional<domain::room_role> own) {
      if (is_self && own && m.role == domain::room_role::member)
        return save(s, e, m);
      add_other(s, e, m, own);
    });
  });
}

// -- remove --

/// Running sessions of the user leave too: what one may not read any more is not shown any more.
void leave_with_sessions(services& s, const domain::room_id& room, const domain::user_id& user) {
  for (const auto& session : s.node.sessions().of_user(user))
    s.ask.tell(session, actors::session_command{{}, domain::leave_room{room}});
}

void remove(
  services& s, const exchange_ptr& e, const domain::room_id& room, const domain::user_id& user) {
  s.ask.ask<persistence::written>(
    s.node.rooms(), domain::limits::command_timeout,
    actors::write_change{persistence::remove_member{room, user}},
    [&s, e, room, user](persistence::written&) {
      leave_with_sessions(s, room, user);
      http::response r;
      r.status = 204;
      e->respond(std::move(r));
    },
    failing(e));
}

void del(services& s, const exchange_ptr& e, const parameters& p) {
  const domain::room_id id{p.at("id")};
  const auto user = target_of(e->req(), p);
  with_readable_room(s, e, id, [&s, e, user](domain::room& room) {
    if (user == e->req().who->user)
      return remove(s, e, room.id, user);
    with_own_role(s, e, room.id, [&s, e, user, id = room.id](std::optional<domain::room_role> own) {
      if (!own || *own == domain::room_role::member)
        return e->fail(
          {domain::errc::forbidden, "Only owners and moderators remove others", {}, {}});
      s.ask.ask<actors::found_member>(
        s.node.rooms(), domain::limits::query_timeout, actors::find_member{id, user},
        [&s, e, user, id, own](actors::found_member& found) {
          if (found.membership.role >= *own)
            return e->fail(
              {domain::errc::forbidden, "One removes only those of a lower role", {}, {}});
          remove(s, e, id, user);
        },
        [e](const domain::error& why) {
          e->fail(
            why.code == domain::errc::not_found
              ? domain::error{domain::errc::not_found, "Not a member of this room", {}, {}}
              : why);
        });
    });
  });
}

} // namespace

void add_members(http::routes& table, services& s) {
  table.get(
    "/rooms/{id}/members", {"Members of a room"},
    [&s](const exchange_ptr& e, const parameters& p) { list(s, e, domain::room_id{p.at("id")}); });
  table.put(
    "/rooms/{id}/members/{userId}", {"Join a public room (me), or add somebody"},
    [&s](const exchange_ptr& e, const parameters& p) { put(s, e, p); });
  table.del(
    "/rooms/{id}/members/{userId}", {"Leave (me), or remove somebody"},
    [&s](const exchange_ptr& e, const parameters& p) { del(s, e, p); });
}

} // namespace net::rest
