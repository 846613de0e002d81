#include "net/engineio/server.hpp"

#include "net/http/routes.hpp"
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
  if (const auto known = sessions_.find(sid); known != sessions_.end()) {
    const auto keep = known->second;
    keep->catch_up();
  } else if (is_elsewhere(sid)) {
    e->hand_over(*shard_of(sid));
    return;
  }
  if (const auto why = judge(asked)) {
    e->respond(refusal_answer(asked, *why));
    return;
  }
  if (asked.is_upgrade) {
    if (const auto status = check_opening(asked); status != 0) {
      refuse_opening(e, status, message_of(refusal::bad_request));
      return;
    }
  }
  if (const auto known = sessions_.find(sid); known != sessions_.end()) {
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

/// The sid is one of another shard, whether it lives there or not.
bool server::is_elsewhere(std::string_view sid) const {
  const auto at = shard_of(sid);
  return at && *at != shared_.home.index() && *at < settings_.shards;
}

std::optional<refusal> server::judge(const http::request& asked) const {
  const auto origin = asked.header("Origin");
  return check(
    {.method = asked.method,
     .transport = asked.parameter("transport"),
     .sid = asked.parameter("sid"),
     .version = asked.parameter("EIO"),
     .origin = origin,
     .is_upgrade = asked.is_upgrade,
     .is_admitted = is_allowed_origin(origin, asked.header("Host"), settings_.origins)},
    [this](std::string_view sid) -> std::optional<transport> {
      if (const auto known = sessions_.find(std::string{sid}); known != sessions_.end())
        return known->second->current();
      return is_elsewhere(sid) ? std::optional{transport::polling} : std::nullopt;
    });
}

http::response server::refuse_unread(const http::request& head, int status) const {
  if (const auto why = judge(head))
    return refusal_answer(head, *why);
  return make_answer(head, settings_.origins, status, "text/html", "");
}

http::response server::refusal_answer(const http::request& asked, refusal why) const {
  if (asked.is_upgrade)
    return opening_refusal(status_of(why), message_of(why));
  return make_answer(asked, settings_.origins, status_of(why), "application/json", body_of(why));
}

/// The protocol has no number for it: "forbidden" may carry its own message.
void server::refuse_crowd(const http::exchange_ptr& e) {
  constexpr std::string_view why = "Too many handshakes from this address";
  const auto& asked = e->req();
  if (asked.is_upgrade)
    return e->respond(opening_refusal(429, why));
  e->respond(make_answer(
    asked, settings_.origins, 429, "application/json",
    R"({"code":4,"message":")" + std::string{why} + R"("})"));
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

void add_route(http::routes& table, const std::string& path, std::shared_ptr<server> s) {
  for (const auto& each : {path, path + "/"})
    table.raw(
      each, [s](const http::exchange_ptr& e) { s->handle(e); },
      {.body_max = s->limits().max_payload, .refuse = [s](const http::request& head, int status) {
         return s->refuse_unread(head, status);
       }});
}

} // namespace net::engineio
