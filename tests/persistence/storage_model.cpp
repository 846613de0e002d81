// Random batches on a storage and on a model of a few maps: the same outcomes, the same logs.
#include "tests/persistence/places.hpp"
#include "tests/support/seed.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace persistence;
using domain::errc;
using support::append;
using support::make_message;
using support::open_store;

namespace {

struct expected {
  errc code = errc::none;
  domain::seq seq = 0;
  domain::epoch epoch = 0;
  std::string message = {};
  bool was_new = true;
};

struct model_room {
  domain::epoch epoch = 0;
  std::vector<std::string> log;                    // message ids; the seq is the place
  std::map<std::string, domain::seq> by_client_id; // "sender/client_id"
};

class model {
public:
  expected apply(const append_message& c) {
    const auto found = rooms.find(c.message.room.value);
    if (found == rooms.end())
      return {errc::not_found};
    auto& room = found->second;
    if (room.epoch != c.epoch)
      return {errc::moved};
    const auto key = c.message.sender.user.value + "/" + c.message.client_id;
    if (const auto known = room.by_client_id.find(key); known != room.by_client_id.end())
      return {errc::none, known->second, 0, room.log[known->second - 1], false};
    room.log.push_back(c.message.id.value);
    if (!c.message.client_id.empty())
      room.by_client_id[key] = room.log.size();
    return {errc::none, room.log.size(), 0, c.message.id.value, true};
  }
  expected apply(const activate_room& c) {
    const auto found = rooms.find(c.room.value);
    if (found == rooms.end())
      return {errc::not_found};
    return {errc::none, found->second.log.size(), ++found->second.epoch, "", true};
  }
  expected apply(const create_room& c) {
    return rooms.try_emplace(c.room.id.value).second ? expected{} : expected{errc::conflict};
  }
  std::map<std::string, model_room> rooms;
};

} // namespace

TEST_CASE("random batches leave what a simple model says", "[conformance][property]") {
  const auto kind = GENERATE(from_range(support::storage_kinds()));
  const auto seed = support::test_seed();
  INFO("storage: " << kind << ", TROUPE_TEST_SEED=" << seed);
  support::dice dice{seed};
  const auto place = support::make_place(kind);
  open_store store{place->url()};
  const std::vector<std::string> users{"usr_1", "usr_2"};
  const std::vector<std::string> rooms{"a", "b", "c"};
  for (const auto& u : users)
    store.add_user(u);
  model truth;
  int number = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<change> batch;
    std::vector<expected> expectations;
    const auto add = [&](auto c) {
      expectations.push_back(truth.apply(c));
      batch.emplace_back(std::move(c));
    };
    for (auto n = dice.below(30); n > 0; --n) {
      const auto& room = dice.pick(rooms);
      if (dice.one_in(12)) {
        domain::room made;
        made.id = domain::room_id{room};
        made.name = room;
        made.created_by = domain::user_id{users[0]};
        add(create_room{made});
      } else if (dice.one_in(10)) {
        add(activate_room{domain::room_id{room}});
      } else {
        const auto known = truth.rooms.find(room);
        const auto now = known == truth.rooms.end() ? 1 : known->second.epoch;
        const auto id = std::to_string(++number);
        const auto client_id = dice.one_in(3) ? std::string{} : std::to_string(dice.below(200));
        add(append(
          dice.one_in(8) ? now + dice.below(3) - 1 : now,
          make_message(room, dice.pick(users), id, client_id)));
      }
    }
    const auto outcomes = store.write_all(std::move(batch));
    REQUIRE(outcomes.size() == expectations.size());
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      const auto& e = expectations[i];
      REQUIRE((outcomes[i] ? errc::none : outcomes[i].error().code) == e.code);
      if (e.code != errc::none)
        continue;
      if (e.seq != 0 || e.epoch != 0)
        REQUIRE(outcomes[i]->seq == e.seq);
      if (e.epoch != 0)
        REQUIRE(outcomes[i]->epoch == e.epoch);
      REQUIRE(outcomes[i]->message.value == e.message);
      REQUIRE(outcomes[i]->was_new == e.was_new);
    }
  }
  for (const auto& [id, room] : truth.rooms) {
    const auto log = store.read().events(domain::room_id{id}, 0, 1'000'000);
    REQUIRE(log.size() == room.log.size());
    REQUIRE(store.read().room(domain::room_id{id})->last_seq == log.size());
    for (std::size_t i = 0; i < log.size(); ++i) {
      REQUIRE(log[i].seq == i + 1);
      REQUIRE(store.read().message(domain::message_id{room.log[i]})->seq == i + 1);
    }
  }
}
