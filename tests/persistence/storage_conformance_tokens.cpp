// What every storage promises about refresh tokens and stored answers.
#include "tests/persistence/places.hpp"

#include <catch2/catch.hpp>

using namespace persistence;
using domain::errc;
using std::chrono::hours;
using support::noon;

TEST_CASE("a refresh token is used once and its reuse revokes the family", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  const auto alice = store.add_user("usr_alice");
  REQUIRE(store.write(save_refresh_token{"h1", "f1", alice, noon + hours{10}}));
  REQUIRE(store.write(save_refresh_token{"other", "f2", alice, noon + hours{10}}));
  const auto rotate = [&](const char* old_hash, const char* new_hash, int at = 1) {
    return store.write(
      rotate_refresh_token{old_hash, new_hash, noon + hours{at}, noon + hours{at + 10}});
  };
  const auto next = rotate("h1", "h2");
  REQUIRE(next);
  CHECK(next->user == alice);
  CHECK(rotate("unknown", "h9").error().code == errc::unauthorized);
  REQUIRE(rotate("h2", "h3"));
  CHECK(rotate("h1", "h4").error().code == errc::unauthorized); // stolen
  CHECK(rotate("h3", "h5").error().code == errc::unauthorized); // so the newest is void too
  CHECK(rotate("other", "o2"));                                 // another login is not concerned
  CHECK(rotate("o2", "o3", 11).error().code == errc::unauthorized); // over
}

TEST_CASE("a rotation that fails halfway does not use up the old token", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  const auto alice = store.add_user("usr_alice");
  REQUIRE(store.write(save_refresh_token{"h1", "f1", alice, noon + hours{10}}));
  REQUIRE(store.write(save_refresh_token{"taken", "f2", alice, noon + hours{10}}));
  const auto failed = store.write(rotate_refresh_token{"h1", "taken", noon, noon + hours{10}});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == errc::conflict);
  CHECK(store.write(rotate_refresh_token{"h1", "h2", noon, noon + hours{10}}));
}

TEST_CASE("a revoked refresh token takes its family along", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  const auto alice = store.add_user("usr_alice");
  REQUIRE(store.write(save_refresh_token{"h1", "f1", alice, noon + hours{10}}));
  REQUIRE(store.write(rotate_refresh_token{"h1", "h2", noon, noon + hours{10}}));
  CHECK_FALSE(store.read().is_revoked("f1"));
  const auto done = store.write(revoke_refresh_token{"h1"});
  REQUIRE(done);
  CHECK(done->family == "f1");
  CHECK(done->user == alice);
  CHECK(store.read().is_revoked("f1"));
  const auto nothing = store.write(revoke_refresh_token{"never seen"});
  REQUIRE(nothing);
  CHECK(nothing->family.empty());
  CHECK_FALSE(store.write(rotate_refresh_token{"h2", "h3", noon, noon + hours{10}}));
}

TEST_CASE("a family of refresh tokens can be revoked by its name", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  const auto alice = store.add_user("usr_alice");
  REQUIRE(store.write(save_refresh_token{"h1", "f1", alice, noon + hours{10}}));
  REQUIRE(store.write(save_refresh_token{"h2", "f2", alice, noon + hours{10}}));
  CHECK(store.write(rotate_refresh_token{"h1", "h3", noon, noon + hours{10}})->family == "f1");
  CHECK(store.write(revoke_refresh_token{{}, "f1"})->user == alice);
  CHECK(store.write(revoke_refresh_token{{}, "f9"})->family.empty());
  CHECK_FALSE(store.write(rotate_refresh_token{"h3", "h4", noon, noon + hours{10}}));
  CHECK(store.write(rotate_refresh_token{"h2", "h5", noon, noon + hours{10}}));
  CHECK_FALSE(store.read().is_revoked("f2"));
  CHECK_FALSE(store.read().is_revoked("never seen"));
}

TEST_CASE("a stored answer is kept for a day, and the first one counts", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  const auto alice = store.add_user("usr_alice");
  CHECK(store.write(save_answer{alice, "k", "hash-1", 201, "{\"a\":1}", noon})->was_new);
  CHECK_FALSE(store.write(save_answer{alice, "k", "hash-2", 200, "{}", noon + hours{1}})->was_new);
  const auto kept = store.read().answer(alice, "k", noon + hours{23});
  REQUIRE(kept);
  CHECK(kept->request_hash == "hash-1");
  CHECK(kept->status == 201);
  CHECK(kept->body == "{\"a\":1}");
  CHECK_FALSE(store.read().answer(alice, "other", noon));
  CHECK_FALSE(store.read().answer(domain::user_id{"usr_bob"}, "k", noon));
  CHECK_FALSE(store.read().answer(alice, "k", noon + hours{24}));
  CHECK(store.write(save_answer{alice, "k", "hash-3", 200, "{}", noon + hours{25}})->was_new);
  CHECK(store.read().answer(alice, "k", noon + hours{26})->request_hash == "hash-3");
}
