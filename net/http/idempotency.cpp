#include "net/http/middleware.hpp"
#include "net/http/response.hpp"
#include "net/services.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace net::http {

namespace {

constexpr std::size_t key_size_max = 255;

bool is_key(std::string_view text) {
  return !text.empty() && text.size() <= key_size_max
         && std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

/// What makes two requests the same one.
std::string hash_of(const request& req) {
  std::string all = req.method;
  for (const std::string* part : {&req.path, &req.body}) {
    all += '\n';
    all += *part;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(all.data(), all.size(), digest.data(), &size, EVP_sha256(), nullptr);
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += digits[digest[i] >> 4];
    out += digits[digest[i] & 15];
  }
  return out;
}

/// Keeps the answer, then lets it go; also when it could not be kept: the work is done. `running`
/// ends just before.
response_filter keep_answer(
  services& s, domain::user_id user, std::string key, std::string hash,
  std::shared_ptr<site::mark> running) {
  return [&s, user, key, hash, running](response r, send_response send) {
    if (r.status < 200 || r.status >= 300) {
      running->end();
      return send(std::move(r));
    }
    const auto now = s.node.outside().clock->now();
    persistence::save_answer kept{user, key, hash, r.status, r.body, now};
    const auto out = std::make_shared<response>(std::move(r));
    s.ask.ask<persistence::written>(
      s.node.users(), domain::limits::query_timeout, actors::write_change{std::move(kept)},
      [out, send, running](persistence::written&) {
        running->end();
        send(std::move(*out));
      },
      [&s, out, send, running](const domain::error& why) {
        s.node.outside().log->warn(
          "idempotent-answer-not-kept", {{"code", domain::describe(why.code).wire_name}});
        running->end();
        send(std::move(*out));
      });
  };
}

} // namespace

routes::middleware idempotency(services& s, std::shared_ptr<site> common) {
  return
    [&s, common](const exchange_ptr& e, const route_options& options, std::function<void()> next) {
      const auto given = e->req().header("Idempotency-Key");
      if (!options.idempotency_key || given.empty() || !e->req().who)
        return next();
      if (!is_key(given))
        return e->fail(
          {domain::errc::validation_failed,
           "Validation failed",
           {{"Idempotency-Key", "must be 1 to 255 printable characters without spaces"}},
           {}});
      const auto user = e->req().who->user;
      std::string key{given};
      auto running = common->begin(user.value + '\n' + key);
      if (!running)
        return e->fail(
          {domain::errc::conflict,
           "A request with this Idempotency-Key is running",
           {},
           std::chrono::seconds{1}});
      auto hash = hash_of(e->req());
      actors::find_answer question{user, key, s.node.outside().clock->now()};
      s.ask.ask<actors::found_answer>(
        s.node.users(), domain::limits::query_timeout, std::move(question),
        [&s, e, next, user, key, hash, running](actors::found_answer& known) {
          if (!known.found) {
            e->filter_response(keep_answer(s, user, key, hash, running));
            return next();
          }
          running->end();
          if (known.answer.request_hash != hash)
            return e->fail(
              {domain::errc::idempotency_mismatch,
               "This Idempotency-Key was used for another request",
               {},
               {}});
          auto r = json_response(known.answer.status, std::move(known.answer.body));
          r.headers.emplace_back("Idempotent-Replayed", "true");
          e->respond(std::move(r));
        },
        [e, running](const domain::error& why) {
          running->end();
          e->fail(why);
        });
    };
}

} // namespace net::http
