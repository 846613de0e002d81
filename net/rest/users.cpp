#include "net/rest/asking.hpp"
#include "net/rest/envelope.hpp"
#include "net/rest/resources.hpp"
#include "net/rest/views.hpp"

namespace net::rest {

namespace {

using http::access;
using http::exchange_ptr;
using http::parameters;

void with_user(
  services& s, const exchange_ptr& e, const std::string& id,
  std::function<void(const domain::user&)> then) {
  s.ask.ask<actors::found_user>(
    s.node.users(), domain::limits::query_timeout, actors::find_user{domain::user_id{id}},
    [then = std::move(then)](actors::found_user& found) { then(found.user); },
    [e](const domain::error& why) {
      e->fail(
        why.code == domain::errc::not_found
          ? domain::error{domain::errc::not_found, "User not found", {}, {}}
          : why);
    });
}

} // namespace

void add_users(http::routes& table, services& s) {
  table.get(
    "/users/{id}/profile", {"What everybody may know of a user", access::anyone},
    [&s](const exchange_ptr& e, const parameters& p) {
      with_user(s, e, p.at("id"), [&s, e](const domain::user& u) {
        auto json = with_self_link(e->req(), profile_json(u), "/users/" + u.id.value + "/profile");
        e->respond(resource(e->req(), 200, std::move(json), now(s)));
      });
    });
  table.get(
    "/users/{id}", {"A user: oneself, or as an administrator"},
    [&s](const exchange_ptr& e, const parameters& p) {
      const auto& who = *e->req().who;
      const auto id = p.at("id") == "me" ? who.user.value : p.at("id");
      if (who.role != domain::role::admin && who.user.value != id)
        return e->fail(
          {domain::errc::forbidden, "Only the user and administrators may see this", {}, {}});
      with_user(s, e, id, [&s, e](const domain::user& u) {
        auto json = with_self_link(e->req(), user_json(u), "/users/" + u.id.value);
        e->respond(resource(e->req(), 200, std::move(json), now(s)));
      });
    });
}

} // namespace net::rest
