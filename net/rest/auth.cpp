#include "domain/json.hpp"
#include "net/http/middleware.hpp"
#include "net/http/response.hpp"
#include "net/rest/asking.hpp"
#include "net/rest/body.hpp"
#include "net/rest/envelope.hpp"
#include "net/rest/resources.hpp"
#include "net/rest/views.hpp"

namespace net::rest {

namespace {

using http::access;
using http::exchange_ptr;
using http::parameters;

// The password workers take 50 ms each and queue up to 50: more time than a question of another
// kind.
constexpr std::chrono::milliseconds password_timeout = 2 * domain::limits::command_timeout;

/// `{user, accessToken, refreshToken, expiresIn}`
void respond_signed_in(
  services& s, const exchange_ptr& e, int status, const actors::signed_in& who) {
  domain::json_object o;
  o.raw("user", with_self_link(e->req(), user_json(who.user), "/users/" + who.user.id.value));
  o.text("accessToken", who.access_token).text("refreshToken", who.refresh_token);
  o.number("expiresIn", who.expires_in);
  e->respond(resource(e->req(), status, o.take(), now(s)));
}

void register_user(services& s, const exchange_ptr& e) {
  body b{e->req()};
  domain::registration who;
  who.email = b.text("email");
  who.username = b.text("username");
  who.name = b.text("name");
  who.password = b.text("password");
  if (!b.is_unreadable())
    if (const auto checked = domain::check(who); !checked)
      b.also(checked.error());
  if (const auto why = b.failed())
    return e->fail(*why);
  s.ask.ask<actors::signed_in>(
    s.node.authenticator(), password_timeout,
    actors::register_user{std::move(who), e->req().address},
    [&s, e](actors::signed_in& done) { respond_signed_in(s, e, 201, done); }, failing(e));
}

void login(services& s, const exchange_ptr& e) {
  body b{e->req()};
  auto email = b.text("email");
  auto password = b.text("password");
  if (const auto why = b.failed())
    return e->fail(*why);
  s.ask.ask<actors::signed_in>(
    s.node.authenticator(), password_timeout,
    actors::login_user{std::move(email), std::move(password), e->req().address},
    [&s, e](actors::signed_in& done) { respond_signed_in(s, e, 200, done); }, failing(e));
}

void refresh(services& s, const exchange_ptr& e) {
  body b{e->req()};
  auto token = b.text("refreshToken");
  if (const auto why = b.failed())
    return e->fail(*why);
  s.ask.ask<actors::signed_in>(
    s.node.authenticator(), domain::limits::command_timeout,
    actors::refresh_tokens{std::move(token)},
    [&s, e](actors::signed_in& done) { respond_signed_in(s, e, 200, done); }, failing(e));
}

void logout(services& s, const exchange_ptr& e) {
  actors::logout_user question;
  if (const auto bearer = http::bearer_token(e->req()); e->req().body.empty() && !bearer.empty()) {
    question.access_token = bearer;
  } else {
    body b{e->req()};
    question.refresh_token = b.text("refreshToken");
    if (const auto why = b.failed())
      return e->fail(*why);
  }
  s.ask.ask<actors::logged_out>(
    s.node.authenticator(), domain::limits::command_timeout, std::move(question),
    [e](actors::logged_out&) {
      http::response r;
      r.status = 204;
      e->respond(std::move(r));
    },
    failing(e));
}

void me(services& s, const exchange_ptr& e) {
  s.ask.ask<actors::found_user>(
    s.node.users(), domain::limits::query_timeout, actors::find_user{e->req().who->user},
    [&s, e](actors::found_user& found) {
      auto json = with_self_link(e->req(), user_json(found.user), "/users/" + found.user.id.value);
      e->respond(resource(e->req(), 200, std::move(json), now(s)));
    },
    failing(e));
}

} // namespace

void add_auth(http::routes& table, services& s) {
  table.post(
    "/auth/register", {"Sign up", access::anyone},
    [&s](const exchange_ptr& e, const parameters&) { register_user(s, e); });
  table.post(
    "/auth/login", {"Sign in", access::anyone},
    [&s](const exchange_ptr& e, const parameters&) { login(s, e); });
  table.post(
    "/auth/refresh", {"Renew an access token", access::anyone},
    [&s](const exchange_ptr& e, const parameters&) { refresh(s, e); });
  table.post(
    "/auth/logout", {"Give a refresh token back", access::anyone},
    [&s](const exchange_ptr& e, const parameters&) { logout(s, e); });
  table.get(
    "/auth/me", {"Who the token belongs to"},
    [&s](const exchange_ptr& e, const parameters&) { me(s, e); });
}

} // namespace net::rest
