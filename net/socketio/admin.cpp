#include "net/socketio/admin.hpp"

#include "actors/node.hpp"
#include "domain/limits.hpp"
#include "net/json/failure.hpp"
#include "net/rest/admin_queries.hpp"
#include "net/services.hpp"
#include "net/socketio/client.hpp"
#include "net/socketio/connection.hpp"

#include <caf/all.hpp>

#include <array>
#include <optional>
#include <utility>

namespace net::socketio {
namespace {

namespace limits = domain::limits;
using rest::admin_answer;

/// What a command may say: `{type?, sort?, limit?}`.
struct question {
  std::string type;
  std::string sort;
  std::size_t limit = rest::admin_limit_default;
};

std::optional<domain::violation> read_question(const packet& event, question& into) {
  if (event.data.Size() < 2 || event.data[1].IsNull())
    return std::nullopt;
  const auto& from = event.data[1];
  if (!from.IsObject())
    return domain::violation{"data", "must be an object"};
  into.type = text_of(from, "type");
  into.sort = text_of(from, "sort");
  const auto limit = from.FindMember("limit");
  if (limit == from.MemberEnd())
    return std::nullopt;
  if (
    !limit->value.IsUint() || limit->value.GetUint() == 0
    || limit->value.GetUint() > rest::admin_limit_max)
    return domain::violation{
      "limit", "must be between 1 and " + std::to_string(rest::admin_limit_max)};
  into.limit = limit->value.GetUint();
  return std::nullopt;
}

class admin_desk final : public resident, public std::enable_shared_from_this<admin_desk> {
public:
  admin_desk(
    services& s, std::shared_ptr<http::site> common, std::string address,
    std::weak_ptr<socket> place)
      : context_(s), common_(std::move(common)), address_(std::move(address)),
        place_(std::move(place)) {}

  void on_connect(const packet& p) override {
    if (p.has_data)
      token_ = text_of(p.data, "token");
    if (token_.empty())
      return refuse("Authentication required");
    if (token_.size() > limits::token_bytes)
      return refuse("Authentication failed");
    const auto wait = context_.gate.take_connect(address_, context_.node.outside().clock->steady());
    if (wait.count() > 0)
      return refuse(
        {domain::errc::rate_limited, "Too many connections from this address", {}, wait});
    check_rights([this](const domain::error& why) { refuse(why); }, [this] { let_in(); });
  }

  void on_event(packet& p) override {
    const auto name = name_of(p);
    question asked;
    if (auto wrong = read_question(p, asked))
      return answer(
        p.id, name,
        domain::error{
          domain::errc::validation_failed, "Validation failed", {std::move(*wrong)}, {}});
    if (unanswered_ >= limits::unanswered_commands)
      return answer(
        p.id, name,
        domain::error{
          domain::errc::overloaded, "Too many commands at once", {}, std::chrono::seconds{1}});
    ++unanswered_;
    check_rights(
      [this, id = p.id, name](const domain::error& why) {
        --unanswered_;
        answer(id, name, why);
        if (why.code == domain::errc::unauthorized || why.code == domain::errc::forbidden)
          if (const auto place = place_.lock())
            place->leave();
      },
      [this, id = p.id, name, asked] {
        ask(name, asked, [weak = weak_from_this(), id, name](domain::result<std::string> found) {
          if (const auto alive = weak.lock()) {
            --alive->unanswered_;
            alive->answer(id, name, std::move(found));
          }
        });
      });
  }

  void on_left(std::string_view) override {}

private:
  /// Calls one of the two, unless the client has gone meanwhile.
  template <class Refused, class Granted>
  void check_rights(Refused refused, Granted granted) {
    context_.ask.ask<domain::principal>(
      context_.node.authenticator(), limits::query_timeout, actors::verify_token{token_},
      [weak = weak_from_this(), refused, granted](domain::principal& who) {
        if (const auto alive = weak.lock()) {
          alive->user_ = who.user;
          if (who.role == domain::role::admin)
            granted();
          else
            refused({domain::errc::forbidden, "Forbidden", {}, {}});
        }
      },
      [weak = weak_from_this(), refused](const domain::error& why) {
        if (const auto alive = weak.lock())
          refused(
            why.code == domain::errc::unauthorized
              ? domain::error{why.code, "Authentication failed", {}, {}}
              : why);
      });
  }

  void let_in() {
    const auto place = place_.lock();
    if (place == nullptr)
      return;
    context_.node.outside().log->info(
      "admin-namespace-joined", {{"user", std::string_view{user_.value}}});
    place->accept(context_.node.outside().random->token(15));
  }

  void ask(const std::string& name, const question& q, const admin_answer& done) {
    if (name == "actors")
      rest::ask_actors(context_, q.type, q.sort, q.limit, done);
    else if (name == "rooms")
      rest::ask_rooms(context_, q.limit, done);
    else if (name == "sessions")
      rest::ask_sessions(context_, q.limit, done);
    else if (name == "node")
      rest::ask_node(context_, common_, done);
    else
      done(domain::error{domain::errc::bad_request, "Unknown command", {}, {}});
  }

  void answer(
    const std::optional<std::uint64_t>& id, const std::string& name,
    const domain::result<std::string>& found) {
    const auto place = place_.lock();
    if (place == nullptr)
      return;
    const auto reply = found ? actors::make_reply(R"({"ok":true,)" + found->substr(1))
                             : actors::make_reply(found.error());
    if (id)
      place->acknowledge(*id, {'[' + reply.json + ']'});
    else if (!reply.ok)
      place->emit("error", {'[' + json::failure_event(name, reply) + ']'});
  }

  void refuse(std::string_view message) {
    if (const auto place = place_.lock())
      place->refuse(message);
  }
  void refuse(const domain::error& why) {
    if (const auto place = place_.lock())
      place->refuse(why.message, actors::error_json(why));
  }

  services& context_;
  std::shared_ptr<http::site> common_;
  std::string address_;
  std::weak_ptr<socket> place_;
  std::string token_;
  domain::user_id user_;
  std::size_t unanswered_ = 0;
};

} // namespace

void add_admin(namespaces& known, services& s, std::shared_ptr<http::site> common) {
  known.add("/admin", [&s, common = std::move(common)](socket& asked) {
    auto address = static_cast<socketio_client&>(asked.whole()).address();
    return std::make_shared<admin_desk>(s, common, std::move(address), asked.weak_from_this());
  });
}

} // namespace net::socketio
