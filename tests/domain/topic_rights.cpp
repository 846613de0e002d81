#include "domain/topic_rights.hpp"

#include <catch2/catch.hpp>

using domain::role;
using domain::topic_rights;

TEST_CASE("free topics begin with public: where nothing else is said", "[topics]") {
  const topic_rights rights;
  CHECK(rights.may_subscribe("public:prices", role::user));
  CHECK(rights.may_publish("public:prices", role::user));
  for (const char* topic : {"public:", "public", "room:x", "Public:x", "user:x", "all", ""}) {
    CHECK_FALSE(rights.may_subscribe(topic, role::admin));
    CHECK_FALSE(rights.may_publish(topic, role::admin));
  }
}

TEST_CASE("the longest prefix says who may", "[topics]") {
  const topic_rights rights{
    {{"news:", role::user, role::moderator},
     {"news:desk:", role::moderator, role::admin},
     {"log:", role::admin, std::nullopt}}};
  CHECK(rights.may_subscribe("news:world", role::user));
  CHECK_FALSE(rights.may_publish("news:world", role::user));
  CHECK(rights.may_publish("news:world", role::moderator));
  CHECK_FALSE(rights.may_subscribe("news:desk:1", role::user));
  CHECK(rights.may_subscribe("news:desk:1", role::moderator));
  CHECK_FALSE(rights.may_publish("news:desk:1", role::moderator));
  CHECK(rights.may_publish("news:desk:1", role::admin));
  CHECK(rights.may_subscribe("log:a", role::admin));
  CHECK_FALSE(rights.may_publish("log:a", role::admin));
  CHECK_FALSE(rights.may_subscribe("public:x", role::admin)); // given rules replace the default
}

TEST_CASE("a prefix ends with a colon and is none of the server's", "[topics]") {
  for (const char* good : {"public:", "a:", "a:b:", "rooms:"})
    CHECK(domain::is_topic_prefix(good));
  for (const char* bad : {"", ":", "public", "room:", "room:x:", "user:", "all:", "a b:", "a\n:"})
    CHECK_FALSE(domain::is_topic_prefix(bad));
  CHECK_FALSE(domain::is_topic_prefix(std::string(64, 'x') + ':'));
}
