#include "net/http/middleware.hpp"
#include "net/http/response.hpp"
#include "net/services.hpp"

#include <algorithm>

namespace net::http {

namespace {

domain::error please_authenticate() {
  return {domain::errc::unauthorized, "Please authenticate", {}, {}};
}

/// Takes one from the bucket; answers 429 itself when there is nothing left.
bool take_rate(
  services& s, site& common, exchange& e, const std::string& key, const domain::rate& r) {
  if (r.is_off())
    return true;
  e.add_header("RateLimit-Limit", std::to_string(r.count));
  e.add_header(
    "RateLimit-Policy", std::to_string(r.count) + ";w=" + std::to_string(r.window.count()));
  const auto wait = common.take(key, r, s.node.outside().clock->steady());
  if (wait.count() == 0)
    return true;
  const auto seconds = std::max<std::int64_t>((wait.count() + 999) / 1000, 1);
  e.add_header("RateLimit-Remaining", "0");
  e.add_header("RateLimit-Reset", std::to_string(seconds));
  e.fail(
    {domain::errc::rate_limited,
     "Too many requests; the limit is " + std::to_string(r.count) + " in "
       + std::to_string(r.window.count()) + " s",
     {},
     wait});
  return false;
}

bool take_rate_of_address(services& s, site& common, exchange& e) {
  const auto& rates = s.node.config().rates;
  // one switch: a node without a rate for users has none for strangers either
  if (rates.rest.is_off())
    return true;
  return take_rate(s, common, e, "address:" + e.req().address, rates.rest_anonymous);
}

domain::role role_for(access needed) {
  if (needed == access::admin)
    return domain::role::admin;
  return needed == access::moderator ? domain::role::moderator : domain::role::user;
}

} // namespace

std::string_view bearer_token(const request& req) {
  const auto value = req.header("Authorization");
  constexpr std::string_view scheme = "Bearer ";
  if (value.size() <= scheme.size() || !equal_ignoring_case(value.substr(0, scheme.size()), scheme))
    return {};
  auto token = value.substr(scheme.size());
  while (token.starts_with(' '))
    token.remove_prefix(1);
  return token.size() > domain::limits::token_bytes ? std::string_view{} : token;
}

routes::middleware authenticate(services& s, std::shared_ptr<site> common) {
  return
    [&s, common](const exchange_ptr& e, const route_options& options, std::function<void()> next) {
      if (options.access == access::anyone) {
        if (take_rate_of_address(s, *common, *e))
          next();
        return;
      }
      const auto token = bearer_token(e->req());
      if (token.empty()) {
        if (take_rate_of_address(s, *common, *e))
          e->fail(please_authenticate());
        return;
      }
      const auto needed = role_for(options.access);
      s.ask.ask<domain::principal>(
        s.node.authenticator(), domain::limits::query_timeout,
        actors::verify_token{std::string{token}},
        [&s, common, e, next, needed](domain::principal& who) {
          if (!take_rate(s, *common, *e, "user:" + who.user.value, s.node.config().rates.rest))
            return;
          if (who.role < needed)
            return e->fail(
              {domain::errc::forbidden,
               needed == domain::role::admin ? "Only administrators may do this"
                                             : "Only moderators and administrators may do this",
               {},
               {}});
          e->req().who = std::move(who);
          next();
        },
        [&s, common, e](const domain::error& why) {
          if (why.code != domain::errc::unauthorized)
            return e->fail(why);
          if (take_rate_of_address(s, *common, *e))
            e->fail(please_authenticate());
        });
    };
}

} // namespace net::http
