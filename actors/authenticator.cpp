#include "actors/authenticator.hpp"

#include "actors/authenticator_passwords.hpp"
#include "actors/authenticator_tokens.hpp"
#include "actors/error.hpp"
#include "actors/inspected.hpp"
#include "actors/sign_in_cache.hpp"
#include "actors/surroundings.hpp"
#include "domain/limits.hpp"
#include "domain/text.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <utility>

namespace actors {

namespace {

constexpr std::size_t logins_at_once =
  3; // per address and account, so that the failures can be counted
constexpr std::size_t subject_bytes_max = 128;

const domain::error bad_credentials{
  domain::errc::unauthorized, "Invalid email or password", {}, {}};
const domain::error bad_token{domain::errc::unauthorized, "Invalid or expired token", {}, {}};

/// Who a token or a password belongs to. Its state is a cache and counts: a new one starts empty.
class authenticator final : public inspected<authenticator_actor::base> {
public:
  authenticator(caf::actor_config& config, std::shared_ptr<surroundings> world)
      : inspected(config, &world->live), owner_(std::move(world)), world_(*owner_),
        tokens_(world_.config) {
    set_down_handler([this](const caf::down_msg& down) {
      for (auto& worker : workers_)
        if (worker.address() == down.source)
          worker = start_worker();
    });
  }

  const char* name() const override { return "authenticator"; }
  std::string snapshot() const override {
    return R"({"cachedUsers":)" + std::to_string(users_.size()) + R"(,"passwordsUnderWay":)"
           + std::to_string(passwords_) + '}';
  }
  void on_exit() override {
    for (auto& worker : workers_)
      caf::anon_send_exit(worker, caf::exit_reason::user_shutdown);
    workers_.clear();
  }

  authenticator_actor::behavior_type make_behavior() override {
    for (std::size_t i = 0; i < domain::limits::password_workers; ++i)
      workers_.push_back(start_worker());
    return {
      [this](const verify_token& question) { return verify(question); },
      [this](register_user& question) { return register_one(question); },
      [this](login_user& question) { return login(question); },
      [this](const refresh_tokens& question) { return refresh(question); },
      [this](const logout_user& question) { return logout(question); },
      [this](ensure_admin& question) { return make_admin(question); },
    };
  }

private:
  using principal_promise = caf::typed_response_promise<domain::principal>;
  using sign_in_promise = caf::typed_response_promise<signed_in>;

  password_worker_actor start_worker() {
    auto worker = spawn_password_worker(system(), owner_);
    monitor(worker);
    return worker;
  }

  // -- tokens --

  caf::result<domain::principal> verify(const verify_token& question) {
    auto claims = tokens_.check(question.token, world_.clock->now());
    if (!claims)
      return to_caf(claims.error());
    if (
      claims->subject.size() > subject_bytes_max || claims->login.size() > subject_bytes_max
      || domain::has_control_characters(claims->subject)
      || domain::has_control_characters(claims->login))
      return to_caf(bad_token);
    if (const auto* known = users_.find(claims->subject, claims->login, world_.clock->steady())) {
      auto who = principal_of(*known, *claims);
      if (!who)
        return to_caf(who.error());
      return *std::move(who);
    }
    auto answer = make_response_promise<domain::principal>();
    if (strangers_are_new_ && world_.config.external_users && claims->login.empty())
      make_external(*claims, answer, attempt::unasked);
    else
      look_up(*claims, answer);
    return answer;
  }

  void look_up(const token_claims& claims, principal_promise answer) {
    const find_user query{domain::user_id{claims.subject}, claims.login};
    request(world_.book.users(), domain::limits::query_timeout, query)
      .then(
        [this, claims, answer](found_user& found) mutable {
          strangers_are_new_ = false;
          if (found.is_login_revoked || users_.has_ended(claims.login)) {
            answer.deliver(to_caf(bad_token));
            return;
          }
          remember(found.user, claims.login);
          finish(answer, principal_of(found.user, claims));
        },
        [this, claims, answer](caf::error& why) mutable {
          if (from_caf(why).code != domain::errc::not_found) {
            answer.deliver(std::move(why));
          } else if (world_.config.external_users) {
            strangers_are_new_ = true;
            make_external(claims, answer, attempt::by_claims);
          } else {
            answer.deliver(to_caf(bad_token));
          }
        });
  }

  /// An application signs its own users in: the first token with a new `sub` makes the user. While
  /// such users come one after the other it is made without asking for it first, which costs a
  /// failed insert when it was there after all. A username that is taken must not lock the bearer
  /// out, so a made one comes last.
  enum class attempt : std::uint8_t { unasked, by_claims, by_made_name };

  void make_external(const token_claims& claims, principal_promise answer, attempt which) {
    const bool by_claims = which != attempt::by_made_name;
    domain::user user;
    user.id = domain::user_id{claims.subject};
    user.username =
      by_claims && is_username(claims.username) ? claims.username : made_username(claims.subject);
    const auto trimmed = std::string{domain::trim(claims.name)};
    const auto length = domain::count_characters(trimmed).value_or(0);
    user.name = length >= 1 && length <= 50 ? trimmed : user.username;
    if (by_claims)
      user.email = domain::to_lower_ascii(domain::trim(claims.email));
    if (claims.role && world_.config.external_roles)
      user.role = *claims.role;
    user.created_at = user.updated_at = world_.clock->now();
    write_change made{persistence::create_user{user, {}}};
    request(world_.book.users(), domain::limits::append_timeout, std::move(made))
      .then(
        [this, user, claims, answer](const persistence::written&) mutable {
          remember(user, claims.login);
          finish(answer, principal_of(user, claims));
        },
        [this, claims, answer, which](caf::error& why) mutable {
          if (which == attempt::unasked) {
            look_up(claims, answer); // known users come in also while nothing can be written
          } else if (from_caf(why).code != domain::errc::conflict) {
            answer.deliver(std::move(why));
          } else if (which == attempt::by_claims) {
            retry_external(claims, answer);
          } else {
            answer.deliver(to_caf(bad_token));
          }
        });
  }

  // Either somebody else's username, or the same token in two hands at once.
  void retry_external(const token_claims& claims, principal_promise answer) {
    request(
      world_.book.users(), domain::limits::query_timeout,
      find_user{domain::user_id{claims.subject}})
      .then(
        [this, claims, answer](found_user& found) mutable {
          remember(found.user, claims.login);
          finish(answer, principal_of(found.user, claims));
        },
        [this, claims, answer](caf::error& why) mutable {
          if (from_caf(why).code == domain::errc::not_found)
            make_external(claims, answer, attempt::by_made_name);
          else
            answer.deliver(std::move(why));
        });
  }

  static bool is_username(std::string_view text) {
    return text.size() >= 2 && text.size() <= 32
           && text.find_first_not_of(
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
                == std::string_view::npos;
  }
  static std::string made_username(const std::string& subject) {
    return "user_" + hash_of_token(subject).substr(0, 16);
  }

  domain::result<domain::principal>
  principal_of(const domain::user& user, const token_claims& claims) const {
    if (!user.is_active)
      return bad_token;
    domain::principal who{user.id,   user.username,     user.name,    user.avatar,
                          user.role, claims.expires_at, claims.login, claims.traits};
    if (world_.config.external_users && world_.config.external_roles && claims.role)
      who.role = *claims.role;
    return who;
  }

  static void finish(principal_promise answer, domain::result<domain::principal> who) {
    if (who)
      answer.deliver(*std::move(who));
    else
      answer.deliver(to_caf(who.error()));
  }

  void remember(const domain::user& user, const std::string& login) {
    users_.remember(user, login, world_.clock->steady());
  }

  // -- passwords --

  bool take_password_place(sign_in_promise& answer) {
    if (passwords_ >= domain::limits::password_queue) {
      answer.deliver(to_caf(
        {domain::errc::overloaded, "Too many sign-ins at once", {}, std::chrono::seconds{1}}));
      return false;
    }
    ++passwords_;
    return true;
  }
  const password_worker_actor& next_worker() { return workers_[++turn_ % workers_.size()]; }

  /// Long enough for the whole queue.
  static constexpr std::chrono::seconds password_timeout{10};

  caf::result<signed_in> register_one(register_user& question) {
    const auto wait = registrations_.take(
      question.address, world_.config.rates.registrations, world_.clock->steady());
    if (wait.count() > 0)
      return to_caf({domain::errc::rate_limited, "Too many registrations", {}, wait});
    auto checked = domain::check(std::move(question.who));
    if (!checked)
      return to_caf(checked.error());
    auto answer = make_response_promise<signed_in>();
    create(*std::move(checked), domain::role::user, answer, true);
    return answer;
  }

  void
  create(domain::registration who, domain::role role, sign_in_promise answer, bool with_tokens) {
    if (!take_password_place(answer))
      return;
    hash_password question{std::move(who.password)};
    request(next_worker(), password_timeout, std::move(question))
      .then(
        [this, who, role, answer, with_tokens](hashed_password& hashed) mutable {
          --passwords_;
          const auto now = world_.clock->now();
          domain::user user{
            world_.ids->next_user(), who.username, who.name, who.email, {}, role, true, now, now};
          store(std::move(user), std::move(hashed.hash), answer, with_tokens);
        },
        [this, answer](caf::error& why) mutable {
          --passwords_;
          answer.deliver(std::move(why));
        });
  }

  void store(domain::user user, std::string hash, sign_in_promise answer, bool with_tokens) {
    write_change made{persistence::create_user{user, std::move(hash)}};
    request(world_.book.users(), domain::limits::append_timeout, std::move(made))
      .then(
        [this, user, answer, with_tokens](const persistence::written&) mutable {
          if (with_tokens)
            sign_in(user, answer);
          else
            answer.deliver(signed_in{user, {}, {}, 0});
        },
        [answer](caf::error& why) mutable { answer.deliver(std::move(why)); });
  }

  caf::result<signed_in> login(login_user& question) {
    const auto email = domain::to_lower_ascii(domain::trim(question.email));
    // Hashed: an email of a megabyte costs no more memory than another.
    auto key = question.address + '\n' + hash_of_token(email);
    const auto wait = failed_logins_.wait(key, world_.config.rates.logins, world_.clock->steady());
    if (wait.count() > 0)
      return to_caf({domain::errc::rate_limited, "Too many failed logins", {}, wait});
    if (!world_.config.rates.logins.is_off() && logins_[key] >= logins_at_once)
      return to_caf(
        {domain::errc::rate_limited, "Too many logins at once", {}, std::chrono::seconds{1}});
    ++logins_[key];
    auto answer = make_response_promise<signed_in>();
    request(world_.book.users(), domain::limits::query_timeout, find_login{email})
      .then(
        [this, answer, key, password = question.password](found_login& found) mutable {
          compare(std::move(password), std::move(found.record), std::move(key), answer);
        },
        [this, answer, key, password = question.password](caf::error& why) mutable {
          if (from_caf(why).code == domain::errc::not_found)
            return compare(
              std::move(password), {}, std::move(key), answer); // as long as with a known one
          forget_login(key);
          answer.deliver(std::move(why));
        });
    return answer;
  }

  void compare(
    std::string password, persistence::login_record record, std::string key,
    sign_in_promise answer) {
    if (!take_password_place(answer))
      return forget_login(key);
    check_password question{
      std::move(password), record.user.is_active ? record.password_hash : std::string{}};
    request(next_worker(), password_timeout, std::move(question))
      .then(
        [this, answer, key,
         user = std::move(record.user)](const password_verdict& verdict) mutable {
          --passwords_;
          forget_login(key);
          if (verdict.is_right)
            return sign_in(user, answer);
          failed_logins_.take(key, world_.config.rates.logins, world_.clock->steady());
          answer.deliver(to_caf(bad_credentials));
        },
        [this, answer, key](caf::error& why) mutable {
          --passwords_;
          forget_login(key);
          answer.deliver(std::move(why));
        });
  }

  void forget_login(const std::string& key) {
    if (const auto found = logins_.find(key); found != logins_.end() && --found->second == 0)
      logins_.erase(found);
  }

  // -- pairs of tokens --

  void sign_in(const domain::user& user, sign_in_promise answer) {
    auto refresh_token = world_.random->token(32);
    auto login = world_.random->token(16);
    persistence::save_refresh_token saved{
      hash_of_token(refresh_token), login, user.id,
      world_.clock->now() + world_.config.refresh_token_life};
    request(world_.book.users(), domain::limits::append_timeout, write_change{std::move(saved)})
      .then(
        [this, user, answer, refresh_token, login](const persistence::written&) mutable {
          hand_out(user, login, std::move(refresh_token), answer);
        },
        [answer](caf::error& why) mutable { answer.deliver(std::move(why)); });
  }

  void hand_out(
    const domain::user& user, const std::string& login, std::string refresh_token,
    sign_in_promise answer) {
    const auto life = world_.config.access_token_life;
    auto token = tokens_.issue(user, world_.random->token(12), login, world_.clock->now(), life);
    if (!token) {
      answer.deliver(to_caf(token.error()));
      return;
    }
    remember(user, login);
    answer.deliver(signed_in{user, *std::move(token), std::move(refresh_token), life.count()});
  }

  caf::result<signed_in> refresh(const refresh_tokens& question) {
    if (
      question.refresh_token.empty() || question.refresh_token.size() > domain::limits::token_bytes)
      return to_caf(bad_token);
    auto answer = make_response_promise<signed_in>();
    auto next = world_.random->token(32);
    const auto now = world_.clock->now();
    persistence::rotate_refresh_token rotated{
      hash_of_token(question.refresh_token), hash_of_token(next), now,
      now + world_.config.refresh_token_life};
    request(world_.book.users(), domain::limits::append_timeout, write_change{std::move(rotated)})
      .then(
        [this, answer, next](const persistence::written& outcome) mutable {
          request(world_.book.users(), domain::limits::query_timeout, find_user{outcome.user})
            .then(
              [this, answer, next, login = outcome.family](found_user& found) mutable {
                if (found.user.is_active)
                  hand_out(found.user, login, std::move(next), answer);
                else
                  answer.deliver(to_caf(bad_token));
              },
              [answer](caf::error& why) mutable { answer.deliver(std::move(why)); });
        },
        [this, answer, old = hash_of_token(question.refresh_token)](caf::error& why) mutable {
          if (from_caf(why).code != domain::errc::unauthorized) {
            answer.deliver(std::move(why));
            return;
          }
          // Used before: two hold it, and what both have got from it ends.
          end_login({std::move(old)}, [answer, why](const caf::error&) mutable {
            answer.deliver(std::move(why));
          });
        });
    return answer;
  }

  caf::result<logged_out> logout(const logout_user& question) {
    persistence::revoke_refresh_token which;
    if (question.access_token.empty()) {
      which.token_hash = hash_of_token(question.refresh_token);
    } else {
      auto claims = tokens_.check(question.access_token, world_.clock->now());
      if (!claims)
        return to_caf(claims.error());
      if (claims->login.empty())
        return to_caf(
          {domain::errc::validation_failed,
           "Validation failed",
           {{"refreshToken", "is required"}},
           {}});
      which.family = std::move(claims->login);
    }
    auto answer = make_response_promise<logged_out>();
    end_login(std::move(which), [answer](const caf::error& why) mutable {
      if (why)
        answer.deliver(why);
      else
        answer.deliver(logged_out{});
    });
    return answer;
  }

  /// Revokes a sign-in, forgets that its tokens were good, and closes its sessions.
  void
  end_login(persistence::revoke_refresh_token which, std::function<void(const caf::error&)> then) {
    request(world_.book.users(), domain::limits::append_timeout, write_change{std::move(which)})
      .then(
        [this, then](const persistence::written& outcome) {
          if (!outcome.family.empty())
            forget(outcome.user, outcome.family);
          then({});
        },
        [then](const caf::error& why) { then(why); });
  }

  void forget(const domain::user_id& user, const std::string& login) {
    users_.end(user.value, login, world_.clock->steady());
    for (const auto& session : world_.sessions.of_user(user))
      caf::anon_send(session, session_revoke{login});
  }

  caf::result<signed_in> make_admin(ensure_admin& question) {
    auto answer = make_response_promise<signed_in>();
    const auto email = domain::to_lower_ascii(domain::trim(question.email));
    request(world_.book.users(), domain::limits::query_timeout, find_login{email})
      .then(
        [answer](found_login& found) mutable {
          answer.deliver(signed_in{std::move(found.record.user), {}, {}, 0});
        },
        [this, answer, email, password = question.password](caf::error& why) mutable {
          if (from_caf(why).code != domain::errc::not_found) {
            answer.deliver(std::move(why));
            return;
          }
          auto local = email.substr(0, email.find('@'));
          std::erase_if(local, [](char c) { return !is_username(std::string(2, c)); });
          if (!is_username(local))
            local = "admin";
          auto checked =
            domain::check(domain::registration{email, local, "Administrator", std::move(password)});
          if (checked)
            create(*std::move(checked), domain::role::admin, answer, false);
          else
            answer.deliver(to_caf(checked.error()));
        });
    return answer;
  }

  std::shared_ptr<surroundings> owner_;
  surroundings& world_;
  access_tokens tokens_;
  std::vector<password_worker_actor> workers_;
  sign_in_cache users_;
  bool strangers_are_new_ = false; // whom the database was asked for last: it did not know them
  domain::rate_table failed_logins_;
  domain::rate_table registrations_;
  std::unordered_map<std::string, std::size_t> logins_; // under way
  std::size_t passwords_ = 0;                           // under way
  std::size_t turn_ = 0;
};

} // namespace

authenticator_actor
spawn_authenticator(caf::actor_system& system, std::shared_ptr<surroundings> world) {
  return system.spawn<authenticator>(std::move(world));
}

} // namespace actors
