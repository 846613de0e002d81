#include "net/engineio/server.hpp"

#include "net/opening.hpp"
#include "net/shard.hpp"

namespace net::engineio {

server::server(shard& home, settings s, factory make)
    : settings_{std::move(s)}, make_{std::move(make)},
      clock_{home.io(), home.deadlines, settings_.clock_step}, shared_{
                                                                 .home = home,
                                                                 .clock = clock_,
                                                                 .limits = settings_.limits,
                                                                 .origins = settings_.origins,
                                                                 .forget = {}} {
  shared_.forget = [this](std::string_view sid) { sessions_.erase(std::string{sid}); };
}

server::~server() {
  const auto left = std::move(sessions_);
  sessions_.clear();
  for (const auto& [sid, each] : left)
    each->abandon();
  const auto parting = std::move(*shared_.parting); // each of them holds the set that holds it
  shared_.parting->clear();
}

void server::handle(const http::exchange_ptr& e) {
  const auto& asked = e->req();
  if (asked.method == "OPTIONS") {
    preflight(e);
    return;
  }
  const std::string sid{asked.parameter("sid")};
  auto known = sessions_.find(sid);
  if (known != sessions_.end()) {
    const auto keep = known->second;
    keep->catch_up();
    known = sessions_.find(sid);
  } else if (const auto at = shard_of(sid);
             at && *at != shared_.home.index() && *at < settings_.shards) {
    e->hand_over(*at);
    return;
  }
  const auto origin = asked.header("Origin");
  const auto refused = check(
    {.method = asked.method,
     .transport = asked.parameter("transport"),
     .sid = sid,
     .version = asked.parameter("EIO"),
     .origin = origin,
     .is_upgrade = asked.is_upgrade,
     .is_admitted = is_allowed_origin(origin, asked.header("Host"), settings_.origins)},
    [&](std::string_view) {
      return known == sessions_.end() ? std::nullopt : std::optional{known->second->current()};
    });
  if (refused) {
    refuse(e, *refused);
    return;
  }
  if (asked.is_upgrade) {
    if (const auto status = check_opening(asked); status != 0) {
      refuse_opening(e, status, message_of(refusal::bad_request));
      return;
    }
  }
  if (known != sessions_.end()) {
    const auto keep = known->second;
    keep->on_request(e);
    return;
  }
  auto fresh = make_sid(settings_.random(), shared_.home.index());
  const auto made = make_(shared_, fresh, e);
  if (made == nullptr) {
    refuse_crowd(e);
    return;
  }
  sessions_.emplace(std::move(fresh), made);
  made->open(e);
}

void server::refuse(const http::exchange_ptr& e, refusal why) {
  if (!e->req().is_upgrade) {
    respond(e, settings_.origins, status_of(why), "application/json", body_of(why));
    return;
  }
  refuse_opening(e, status_of(why), message_of(why));
}

/// The protocol has no number for it: "forbidden" may carry its own message.
void server::refuse_crowd(const http::exchange_ptr& e) {
  constexpr std::string_view why = "Too many handshakes from this address";
  if (e->req().is_upgrade) {
    refuse_opening(e, 429, why);
    return;
  }
  respond(
    e, settings_.origins, 429, "application/json",
    R"({"code":4,"message":")" + std::string{why} + R"("})");
}

void server::preflight(const http::exchange_ptr& e) {
  const auto& asked = e->req();
  http::response answer;
  answer.status = 204;
  answer.headers = cors_headers(asked.header("Origin"), asked.header("Host"), settings_.origins);
  if (!answer.headers.empty()) {
    answer.headers.emplace_back("Access-Control-Allow-Methods", "GET, POST");
    if (const auto wanted = asked.header("Access-Control-Request-Headers"); !wanted.empty())
      answer.headers.emplace_back("Access-Control-Allow-Headers", std::string{wanted});
    answer.headers.emplace_back("Access-Control-Max-Age", "600");
  }
  e->respond(std::move(answer));
}

} // namespace net::engineio
