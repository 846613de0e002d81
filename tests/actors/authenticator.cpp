#include "actors/authenticator_tokens.hpp"
#include "domain/limits.hpp"
#include "tests/support/simulated_node.hpp"

#include <catch2/catch.hpp>
#include <jwt.h>

#include <cstdlib>

using namespace std::chrono_literals;
using support::simulated_node;

namespace {

/// A token as somebody else may make it.
struct foreign_token {
  std::string subject = "usr_ann";
  std::string key = "0123456789abcdef0123456789abcdef";
  jwt_alg_t algorithm = JWT_ALG_HS256;
  std::optional<std::int64_t> expires_in = 600;
  std::string username{}, name{}, role{}, email{};
  bool text_expiry = false;
  std::optional<std::int64_t> not_before_in{};
  std::string claims{}; // a JSON object of more of them

  std::string text(const domain::clock& clock) const {
    const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(clock.now().time_since_epoch()).count();
    jwt_t* token = nullptr;
    REQUIRE(jwt_new(&token) == 0);
    const auto add = [&](const char* name_of_claim, const std::string& value) {
      if (!value.empty())
        jwt_add_grant(token, name_of_claim, value.c_str());
    };
    add("sub", subject);
    add("username", username);
    add("name", name);
    add("role", role);
    add("email", email);
    if (!claims.empty())
      jwt_add_grants_json(token, claims.c_str());
    if (text_expiry)
      add("exp", std::to_string(now + 600));
    else if (expires_in)
      jwt_add_grant_int(token, "exp", now + *expires_in);
    if (not_before_in)
      jwt_add_grant_int(token, "nbf", now + *not_before_in);
    const bool is_plain = algorithm == JWT_ALG_NONE;
    jwt_set_alg(
      token, algorithm, is_plain ? nullptr : reinterpret_cast<const unsigned char*>(key.data()),
      is_plain ? 0 : static_cast<int>(key.size()));
    char* encoded = jwt_encode_str(token);
    REQUIRE(encoded != nullptr);
    std::string result{encoded};
    std::free(encoded);
    jwt_free(token);
    return result;
  }
};

struct gate : simulated_node {
  gate() { add_user("ann"); }

  void add_user(const std::string& name, domain::role role = domain::role::user) {
    auto& row = storage.users[domain::user_id{"usr_" + name}];
    row.user = {
      domain::user_id{"usr_" + name}, name, name, name + "@example.org", {}, role, true, {}, {}};
  }
  auto verify(const std::string& token) {
    return ask<domain::principal>(world->book.authenticator(), actors::verify_token{token});
  }
  auto verify(const foreign_token& token) { return verify(token.text(clock)); }
  auto login(
    const std::string& email, const std::string& password,
    const std::string& address = "10.0.0.1") {
    return ask<actors::signed_in>(
      world->book.authenticator(), actors::login_user{email, password, address});
  }
  auto enroll(const std::string& name, const std::string& address = "10.0.0.1") {
    return ask<actors::signed_in>(
      world->book.authenticator(),
      actors::register_user{{name + "@example.org", name, "Name of " + name, "Passw0rd"}, address});
  }
  auto refresh(const std::string& token) {
    return ask<actors::signed_in>(world->book.authenticator(), actors::refresh_tokens{token});
  }
};

constexpr auto unauthorized = domain::errc::unauthorized;

} // namespace

TEST_CASE_METHOD(gate, "a good token names its bearer", "[authenticator]") {
  auto who = verify(foreign_token{});
  REQUIRE(who);
  CHECK(who->user == domain::user_id{"usr_ann"});
  CHECK(who->username == "ann");
  CHECK(who->role == domain::role::user);
  CHECK(who->expires_at == std::chrono::floor<std::chrono::seconds>(clock.now()) + 600s);
}

TEST_CASE_METHOD(gate, "a token may bring attributes and a location", "[authenticator]") {
  const auto traits = [&](const std::string& claims) {
    foreign_token token;
    token.claims = claims;
    auto who = verify(token);
    REQUIRE(who);
    return who->traits;
  };
  const auto both = traits(
    R"({"attributes":{"plan":"gold","level":3,"beta":true},"location":{"lat":52.5,"lng":13}})");
  REQUIRE(both);
  CHECK(
    both->attributes
    == domain::attribute_map{{"beta", true}, {"level", 3.0}, {"plan", std::string{"gold"}}});
  CHECK(both->location == domain::location{52.5, 13});
  for (const auto* none :
       {R"({"attributes":{}})", R"({"attributes":{"deep":{"x":1}}})", R"({"attributes":"x"})",
        R"({"location":{"lat":1}})", R"({"location":{"lat":91,"lng":0}})", R"({"location":[1,2]})"})
    CHECK(traits(none) == nullptr);
}

TEST_CASE_METHOD(
  gate, "every token that is not good is refused with one message", "[authenticator]") {
  std::vector<std::pair<std::string, std::string>> cases{
    {"nothing", ""},
    {"no token", "hello"},
    {"two parts", "a.b"},
    {"empty parts", ".."},
    {"a zero byte", std::string("a\0b", 3)},
    {"another key", foreign_token{.key = "another-key-another-key-another-key"}.text(clock)},
    {"alg none", foreign_token{.algorithm = JWT_ALG_NONE}.text(clock)},
    {"a stronger algorithm with our key", foreign_token{.algorithm = JWT_ALG_HS512}.text(clock)},
    {"expired", foreign_token{.expires_in = -1}.text(clock)},
    {"expires now", foreign_token{.expires_in = 0}.text(clock)},
    {"never expires", foreign_token{.expires_in = std::nullopt}.text(clock)},
    {"expiry as text", foreign_token{.text_expiry = true}.text(clock)},
    {"negative expiry", foreign_token{.expires_in = -4'000'000'000}.text(clock)},
    {"not yet valid", foreign_token{.not_before_in = 60}.text(clock)},
    {"no subject", foreign_token{.subject = ""}.text(clock)},
    {"unknown subject", foreign_token{.subject = "usr_eve"}.text(clock)},
    {"too long", foreign_token{.name = std::string(domain::limits::token_bytes, 'x')}.text(clock)},
  };
  auto good = foreign_token{}.text(clock);
  auto changed = good;
  changed[good.find('.') + 5] = changed[good.find('.') + 5] == 'A' ? 'B' : 'A';
  cases.emplace_back("a changed body", changed);
  cases.emplace_back("no signature", good.substr(0, good.rfind('.') + 1));
  for (const auto& [what, token] : cases) {
    INFO(what);
    auto refused = verify(token);
    CHECK_FALSE(refused);
    CHECK(refused.error.code == unauthorized);
    CHECK(refused.error.message == "Invalid or expired token");
  }
}

TEST_CASE_METHOD(
  gate, "a token's role is only believed where that is switched on", "[authenticator]") {
  CHECK(verify(foreign_token{.role = "admin"})->role == domain::role::user);
  world->config.external_users = true;
  CHECK(verify(foreign_token{.role = "admin"})->role == domain::role::user);
  CHECK(verify(foreign_token{.subject = "new-1", .role = "admin"})->role == domain::role::user);
  world->config.external_roles = true;
  CHECK(
    verify(foreign_token{.subject = "new-2", .role = "moderator"})->role
    == domain::role::moderator);
  CHECK(verify(foreign_token{.subject = "new-3", .role = "emperor"})->role == domain::role::user);
}

TEST_CASE_METHOD(gate, "an application's users are made on first use", "[authenticator]") {
  const foreign_token token{.subject = "customer-17", .username = "carol", .name = "Carol"};
  CHECK(verify(token).error.code == unauthorized);
  world->config.external_users = true;
  auto first = question<domain::principal>(
    world->book.authenticator(), actors::verify_token{token.text(clock)});
  auto second = question<domain::principal>(
    world->book.authenticator(), actors::verify_token{token.text(clock)});
  CHECK(first()->username == "carol");
  CHECK(second()->name == "Carol");
  CHECK(storage.users.size() == 2);
  // Somebody else's username: the user gets another one, and comes in.
  auto other = verify(foreign_token{.subject = "customer-18", .username = "carol"});
  REQUIRE(other);
  CHECK(other->username.starts_with("user_"));
  CHECK(verify(foreign_token{.subject = "customer-19", .username = "!"})
          ->username.starts_with("user_"));
  CHECK(verify(foreign_token{.subject = std::string(500, 'x')}).error.code == unauthorized);
}

TEST_CASE_METHOD(
  gate, "new users that come one after the other are made without being asked for",
  "[authenticator]") {
  world->config.external_users = true;
  const auto subject = [&](const std::string& id) { return foreign_token{.subject = id}; };
  REQUIRE(verify(subject("new-1")));
  CHECK(storage.reads == 1);
  for (const auto* id : {"new-2", "new-3", "new-4"})
    REQUIRE(verify(subject(id))->user == domain::user_id{id});
  CHECK(storage.reads == 1);
  // One that was there already keeps what it had; after it there is a question first again.
  CHECK(verify(subject("usr_ann"))->username == "ann");
  CHECK(storage.reads == 2);
  REQUIRE(verify(subject("new-5")));
  CHECK(storage.reads == 3);
  // A name in use, and a disabled user, end as they do after a question.
  CHECK(
    verify(foreign_token{.subject = "new-6", .username = "ann"})->username.starts_with("user_"));
  add_user("eve");
  storage.users[domain::user_id{"usr_eve"}].user.is_active = false;
  REQUIRE(verify(subject("new-7")));
  CHECK(verify(subject("usr_eve")).error.code == unauthorized);
}

TEST_CASE_METHOD(
  gate, "known users come in while nothing can be written, also after new ones",
  "[authenticator]") {
  world->config.external_users = true;
  REQUIRE(verify(foreign_token{.subject = "new-1"}));
  storage.before_apply = [](std::span<const persistence::change>) {
    throw std::runtime_error{"disk full"};
  };
  CHECK(verify(foreign_token{})->username == "ann");
  CHECK(verify(foreign_token{.subject = "new-2"}).error.code == domain::errc::unavailable);
}

TEST_CASE_METHOD(
  gate, "known users are not looked up each time, and a disabled one is out within seconds",
  "[authenticator]") {
  REQUIRE(verify(foreign_token{}));
  const auto reads = storage.reads;
  for (int i = 0; i < 10; ++i)
    CHECK(verify(foreign_token{}));
  CHECK(storage.reads == reads);
  storage.users[domain::user_id{"usr_ann"}].user.is_active = false;
  advance(6s);
  CHECK(verify(foreign_token{}).error.code == unauthorized);
}

TEST_CASE_METHOD(gate, "who registers is signed in, as a user", "[authenticator]") {
  auto made = enroll("dora");
  REQUIRE(made);
  CHECK(made->user.role == domain::role::user);
  CHECK(made->user.email == "dora@example.org");
  CHECK(made->expires_in == 900);
  CHECK(verify(made->access_token)->username == "dora");
  const auto& hash = storage.users[made->user.id].password_hash;
  CHECK(hash.starts_with("$argon2id$"));
  CHECK(storage.tokens.size() == 1);
  CHECK_FALSE(storage.tokens.contains(made->refresh_token)); // only its hash
  CHECK(enroll("dora").error.code == domain::errc::conflict);
  auto broken = ask<actors::signed_in>(
    world->book.authenticator(), actors::register_user{{"x", "y", "z", "short"}, "10.0.0.1"});
  CHECK(broken.error.code == domain::errc::validation_failed);
  CHECK(broken.error.details.size() >= 3);
}

TEST_CASE_METHOD(gate, "registrations are limited per address", "[authenticator][rates]") {
  world->config.rates.registrations = {2, 60s};
  CHECK(enroll("one"));
  CHECK(enroll("two"));
  auto third = enroll("three");
  CHECK(third.error.code == domain::errc::rate_limited);
  CHECK(third.error.retry_after == 30s);
  CHECK(enroll("three", "10.0.0.2"));
}

TEST_CASE_METHOD(gate, "an unknown email and a wrong password look the same", "[authenticator]") {
  REQUIRE(enroll("dora"));
  CHECK(login("dora@example.org", "Passw0rd"));
  CHECK(login("  DORA@example.org ", "Passw0rd"));
  const auto wrong = login("dora@example.org", "Passw0rD");
  const auto unknown = login("nobody@example.org", "Passw0rd");
  const auto without_password = login("ann@example.org", "nobody has this password");
  for (const auto& each : {wrong, unknown, without_password}) {
    CHECK(each.error.code == unauthorized);
    CHECK(each.error.message == "Invalid email or password");
  }
  storage.users.begin()->second.user.is_active = false;
  for (auto& [id, row] : storage.users)
    row.user.is_active = false;
  CHECK(login("dora@example.org", "Passw0rd").error.message == "Invalid email or password");
}

TEST_CASE_METHOD(
  gate, "failed logins are limited per address and account", "[authenticator][rates]") {
  world->config.rates.logins = {3, 3600s};
  REQUIRE(enroll("dora"));
  for (int i = 0; i < 10; ++i)
    CHECK(login("dora@example.org", "Passw0rd")); // good ones do not count
  for (int i = 0; i < 3; ++i)
    CHECK(login("dora@example.org", "wrong").error.code == unauthorized);
  auto refused = login("dora@example.org", "Passw0rd");
  CHECK(refused.error.code == domain::errc::rate_limited);
  CHECK(refused.error.retry_after > 0s);
  CHECK(login("dora@example.org", "Passw0rd", "10.0.0.2")); // the account itself is not locked
  CHECK(login("ann@example.org", "wrong").error.code == unauthorized);
  advance(refused.error.retry_after);
  CHECK(login("dora@example.org", "Passw0rd"));
}

TEST_CASE_METHOD(
  gate, "many guesses at once do not get around the limit", "[authenticator][rates]") {
  world->config.rates.logins = {3, 3600s};
  std::vector<std::function<support::answered<actors::signed_in>()>> pending;
  for (int i = 0; i < 20; ++i)
    pending.push_back(question<actors::signed_in>(
      world->book.authenticator(), actors::login_user{"ann@example.org", "guess", "10.0.0.1"}));
  std::size_t tried = 0;
  for (auto& each : pending)
    tried += each().error.code == unauthorized ? 1 : 0;
  CHECK(tried <= 5);
}

TEST_CASE_METHOD(gate, "passwords have a bounded queue", "[authenticator]") {
  world->config.rates.logins = {};
  std::vector<std::function<support::answered<actors::signed_in>()>> pending;
  for (std::size_t i = 0; i < domain::limits::password_queue + 10; ++i)
    pending.push_back(question<actors::signed_in>(
      world->book.authenticator(), actors::login_user{std::to_string(i), "guess", "10.0.0.1"}));
  std::size_t overloaded = 0;
  for (auto& each : pending)
    overloaded += each().error.code == domain::errc::overloaded ? 1 : 0;
  CHECK(overloaded == 10);
  CHECK(login("x", "guess").error.code == unauthorized); // room again
}

TEST_CASE_METHOD(
  gate, "a refresh token works once, and used again it revokes its family", "[authenticator]") {
  auto first = enroll("dora");
  REQUIRE(first);
  auto second = refresh(first->refresh_token);
  REQUIRE(second);
  CHECK(second->refresh_token != first->refresh_token);
  CHECK(verify(second->access_token)->username == "dora");
  auto third = refresh(second->refresh_token);
  REQUIRE(third);
  CHECK(
    refresh(first->refresh_token).error.code == unauthorized); // stolen, or the thief came first
  CHECK(refresh(third->refresh_token).error.code == unauthorized);
  CHECK(refresh("").error.code == unauthorized);
  CHECK(refresh("unknown").error.code == unauthorized);
  CHECK(refresh(login("dora@example.org", "Passw0rd")->refresh_token)); // another family
}

TEST_CASE_METHOD(
  gate, "a refresh token ends with its life, its user and its logout", "[authenticator]") {
  auto made = enroll("dora");
  SECTION("life") {
    clock.advance(domain::limits::refresh_token_life + 1s);
    CHECK(refresh(made->refresh_token).error.code == unauthorized);
  }
  SECTION("user") {
    storage.users[made->user.id].user.is_active = false;
    CHECK(refresh(made->refresh_token).error.code == unauthorized);
  }
  SECTION("logout") {
    CHECK(ask<actors::logged_out>(
      world->book.authenticator(), actors::logout_user{made->refresh_token}));
    CHECK(refresh(made->refresh_token).error.code == unauthorized);
    CHECK(ask<actors::logged_out>(world->book.authenticator(), actors::logout_user{"unknown"}));
  }
}

TEST_CASE_METHOD(
  gate, "the end of a sign-in ends its access tokens and sessions, and no others",
  "[authenticator]") {
  auto made = enroll("dora");
  auto other = login("dora@example.org", "Passw0rd");
  REQUIRE(verify(made->access_token));
  REQUIRE(verify(other->access_token));
  const auto open = [&](const std::string& token) {
    return std::make_unique<support::simulated_client>(*this, verify(token).value.value());
  };
  const auto first = open(made->access_token), second = open(other->access_token);
  auto renewed = refresh(made->refresh_token);
  REQUIRE(renewed);
  SECTION("logout with a refresh token") {
    REQUIRE(ask<actors::logged_out>(
      world->book.authenticator(), actors::logout_user{renewed->refresh_token}));
  }
  SECTION("logout with an access token") {
    REQUIRE(ask<actors::logged_out>(
      world->book.authenticator(), actors::logout_user{{}, made->access_token}));
  }
  SECTION("a refresh token used twice") {
    CHECK(refresh(made->refresh_token).error.code == unauthorized);
  }
  run();
  CHECK(verify(made->access_token).error.code == unauthorized);
  CHECK(verify(renewed->access_token).error.code == unauthorized);
  CHECK_FALSE(world->sessions.find(first->id));
  CHECK(outbox.closes_of(first->connection) == std::vector{domain::close_code::invalid_token});
  CHECK(outbox.closes_of(second->connection).empty());
  CHECK(verify(other->access_token));
  CHECK(world->sessions.find(second->id));
  advance(10s); // nothing is cached any more
  CHECK(verify(made->access_token).error.code == unauthorized);
  CHECK(verify(other->access_token));
}

TEST_CASE_METHOD(
  gate, "only a sign-in of ours can be ended by its access token", "[authenticator]") {
  const auto foreign = foreign_token{}.text(clock);
  CHECK(
    ask<actors::logged_out>(world->book.authenticator(), actors::logout_user{{}, foreign})
      .error.code
    == domain::errc::validation_failed);
  CHECK(
    ask<actors::logged_out>(world->book.authenticator(), actors::logout_user{{}, "x"}).error.code
    == unauthorized);
}

TEST_CASE_METHOD(gate, "the configured administrator is made once", "[authenticator]") {
  const actors::ensure_admin question{" Root.Of-All@example.org", "Adm1nistrator"};
  auto made = ask<actors::signed_in>(world->book.authenticator(), question);
  REQUIRE(made);
  CHECK(made->user.role == domain::role::admin);
  CHECK(made->access_token.empty());
  auto again = ask<actors::signed_in>(world->book.authenticator(), question);
  CHECK(again->user.id == made->user.id);
  CHECK(login("root.of-all@example.org", "Adm1nistrator")->user.role == domain::role::admin);
}

TEST_CASE_METHOD(
  gate, "a live session is renewed by its user's next token only", "[authenticator][session]") {
  storage.add_room("lobby");
  add_user("ben");
  support::simulated_client ann{*this, "ann", 60s};
  const auto renewed =
    ann.command(domain::renew_token{foreign_token{.expires_in = 600}.text(clock)});
  CHECK(renewed == R"({"ok":true})");
  const auto foreign =
    ann.command(domain::renew_token{foreign_token{.subject = "usr_ben"}.text(clock)});
  CHECK(foreign.find("\"code\":\"unauthorized\"") != std::string::npos);
  advance(300s);
  ann.tick();
  CHECK(ann.is_alive());
  advance(340s);
  ann.tick();
  CHECK_FALSE(ann.is_alive());
}

TEST_CASE(
  "a public key checks tokens that were made elsewhere, and can't be used as a secret",
  "[authenticator]") {
  const std::string public_key = R"(-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEVs/o5+uQbTjL3chynL4wXgUg2R9
q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==
-----END PUBLIC KEY-----
)";
  support::fake_clock clock;
  actors::settings config;
  config.jwt_algorithm = "ES256";
  config.jwt_public_key = public_key;
  const actors::access_tokens tokens{config};
  CHECK_FALSE(tokens.check(foreign_token{.key = public_key}.text(clock), clock.now()));
  CHECK_FALSE(tokens.issue({}, "x", "y", clock.now(), 60s));
}
