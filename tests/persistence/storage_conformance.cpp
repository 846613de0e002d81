// What every storage promises (persistence/storage.hpp), on every kind there is.
#include "tests/persistence/places.hpp"

#include <catch2/catch.hpp>

using namespace persistence;
using domain::errc;
using std::chrono::hours;
using support::append;
using support::make_message;
using support::make_user;
using support::noon;
using support::open_store;

namespace {

domain::room_id room(const std::string& id) {
  return domain::room_id{id};
}
domain::user_id user(const std::string& id) {
  return domain::user_id{id};
}

std::vector<domain::seq> seqs(const std::vector<domain::message>& messages) {
  std::vector<domain::seq> out;
  for (const auto& m : messages)
    out.push_back(m.seq);
  return out;
}

std::vector<std::string> ids(const std::vector<domain::room>& rooms) {
  std::vector<std::string> out;
  for (const auto& r : rooms)
    out.push_back(r.id.value);
  return out;
}

domain::room
make_room(const std::string& id, const std::string& owner, domain::timestamp at = noon) {
  domain::room r;
  r.id = room(id);
  r.name = "Room " + id;
  r.created_by = user(owner);
  r.created_at = r.updated_at = at;
  return r;
}

} // namespace

TEST_CASE("a stored user is read back as it was", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  auto alice = make_user("usr_alice");
  alice.avatar = "https://example.org/a.png";
  alice.role = domain::role::moderator;
  REQUIRE(store.write(create_user{alice, "hash-of-password"}));
  const auto read = store.read().user(alice.id);
  REQUIRE(read);
  CHECK(read->username == alice.username);
  CHECK(read->name == alice.name);
  CHECK(read->email == alice.email);
  CHECK(read->avatar == alice.avatar);
  CHECK(read->role == domain::role::moderator);
  CHECK(read->is_active);
  CHECK(read->created_at == alice.created_at);
  CHECK(store.read().login(alice.email)->password_hash == "hash-of-password");
  CHECK_FALSE(store.read().login("nobody@example.org"));
  CHECK_FALSE(store.read().user(user("usr_nobody")));
}

TEST_CASE("a taken email or username is a conflict that names the field", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  store.add_user("usr_alice");
  auto same_email = make_user("usr_b");
  same_email.email = "usr_alice@example.org";
  auto same_name = make_user("usr_c");
  same_name.username = "USR_Alice";
  auto both = same_name;
  both.email = same_email.email;
  const auto fields = [&](const domain::user& u) {
    const auto done = store.write(create_user{u, ""});
    REQUIRE_FALSE(done);
    CHECK(done.error().code == errc::conflict);
    std::vector<std::string> out;
    for (const auto& d : done.error().details)
      out.push_back(d.field);
    return out;
  };
  CHECK(fields(same_email) == std::vector<std::string>{"email"});
  CHECK(fields(same_name) == std::vector<std::string>{"username"});
  CHECK(fields(both) == std::vector<std::string>{"email", "username"});
  CHECK_FALSE(store.read().user(user("usr_b")));
}

TEST_CASE("users without an email do not take it from each other", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  auto one = make_user("usr_1");
  auto two = make_user("usr_2");
  one.email = two.email = "";
  REQUIRE(store.write(create_user{one, ""}));
  REQUIRE(store.write(create_user{two, ""}));
  CHECK(store.read().user(two.id)->email.empty());
}

TEST_CASE("a new room has its creator as owner", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  store.add_user("usr_alice");
  REQUIRE(store.write(create_room{make_room("lobby", "usr_alice")}));
  const auto found = store.read().room(room("lobby"));
  REQUIRE(found);
  CHECK(found->name == "Room lobby");
  CHECK(found->member_count == 1);
  CHECK(found->last_seq == 0);
  CHECK(found->created_by == user("usr_alice"));
  const auto owner = store.read().member(room("lobby"), user("usr_alice"));
  REQUIRE(owner);
  CHECK(owner->role == domain::room_role::owner);
  CHECK(owner->joined_at == noon);
}

TEST_CASE("a taken room id is a conflict and leaves the room as it was", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  store.add_user("usr_alice");
  store.add_user("usr_bob");
  REQUIRE(store.write(create_room{make_room("lobby", "usr_alice")}));
  const auto again = store.write(create_room{make_room("lobby", "usr_bob")});
  REQUIRE_FALSE(again);
  CHECK(again.error().code == errc::conflict);
  CHECK(again.error().details.at(0).field == "id");
  CHECK(store.read().room(room("lobby"))->member_count == 1);
  CHECK_FALSE(store.read().member(room("lobby"), user("usr_bob")));
}

TEST_CASE("a membership is made once and counted once", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  store.add_user("usr_alice");
  store.add_user("usr_bob");
  store.add_room("lobby", user("usr_alice"));
  const domain::membership bob{room("lobby"), user("usr_bob"), domain::room_role::member, noon};
  CHECK(store.write(add_member{bob})->was_new);
  CHECK_FALSE(store.write(add_member{bob})->was_new);
  CHECK(store.read().room(room("lobby"))->member_count == 2);
  CHECK(store.read().members(room("lobby"), 10, 0).size() == 2);
  CHECK(store.read().members(room("lobby"), 10, 1).size() == 1);
  CHECK(store.write(remove_member{room("lobby"), user("usr_bob")}));
  CHECK(store.write(remove_member{room("lobby"), user("usr_bob")}));
  CHECK(store.read().room(room("lobby"))->member_count == 1);
  CHECK_FALSE(store.read().member(room("lobby"), user("usr_bob")));

  const auto nowhere = store.write(add_member{{room("no"), user("usr_bob"), {}, noon}});
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().code == errc::not_found);
}

TEST_CASE("a user is shown public rooms and their own, newest first, in pages", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  const auto alice = store.add_user("usr_alice");
  const auto bob = store.add_user("usr_bob");
  auto open = make_room("open", "usr_alice", noon);
  auto hidden = make_room("hidden", "usr_alice", noon + hours{1});
  hidden.type = domain::room_type::closed;
  auto direct = make_room("direct", "usr_bob", noon + hours{2});
  direct.type = domain::room_type::direct;
  for (const auto& r : {open, hidden, direct})
    REQUIRE(store.write(create_room{r}));
  CHECK(ids(store.read().rooms(alice, 10, 0).rooms) == std::vector<std::string>{"hidden", "open"});
  CHECK(ids(store.read().rooms(bob, 10, 0).rooms) == std::vector<std::string>{"direct", "open"});
  const auto second = store.read().rooms(alice, 1, 1);
  CHECK(ids(second.rooms) == std::vector<std::string>{"open"});
  CHECK(second.total == 2);
}

TEST_CASE("every activation raises the epoch and tells the last seq", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  store.add_user("usr_alice");
  const auto first = store.add_room("lobby", user("usr_alice"));
  REQUIRE(store.write(append(first, make_message("lobby", "usr_alice", "msg_1"))));
  const auto second = store.write(activate_room{room("lobby")});
  REQUIRE(second);
  CHECK(second->epoch == first + 1);
  CHECK(second->seq == 1);
  CHECK(store.write(activate_room{room("none")}).error().code == errc::not_found);
}

TEST_CASE("appends get the next seq each, in the log and in the projection", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  store.add_user("usr_alice");
  const auto epoch = store.add_room("lobby", user("usr_alice"));
  auto rich = make_message("lobby", "usr_alice", "msg_1", "c1");
  rich.content = "grüß dich 👋 \"quoted\" \\ \n line";
  rich.reply_to = "msg_0";
  rich.attachments_json = R"([{"url":"https://example.org/x"}])";
  rich.sender.avatar = "a.png";
  const auto done = store.write_all(
    {append(epoch, rich), append(epoch, make_message("lobby", "usr_alice", "msg_2"))});
  REQUIRE(done.at(0));
  REQUIRE(done.at(1));
  CHECK(done[0]->seq == 1);
  CHECK(done[0]->message == rich.id);
  CHECK(done[0]->at == rich.at);
  CHECK(done[0]->was_new);
  CHECK(done[1]->seq == 2);
  const auto log = store.read().events(room("lobby"), 0, 10);
  REQUIRE(log.size() == 2);
  CHECK(log[0].seq == 1);
  CHECK(log[0].type == "new-message");
  CHECK(log[0].actor == user("usr_alice"));
  CHECK(log[0].body == to_json(rich));
  CHECK(log[0].at == noon);
  CHECK(log[1].seq == 2);
  auto read = store.read().message(rich.id);
  REQUIRE(read);
  rich.seq = 1;
  CHECK(to_json(*read) == to_json(rich));
  CHECK(store.read().room(room("lobby"))->last_seq == 2);
  CHECK(store.read().events(room("lobby"), 1, 10).size() == 1);
  CHECK(store.read().events(room("lobby"), 0, 1).size() == 1);
  CHECK(store.read().recent_events(room("lobby"), 1).at(0).seq == 2);
  CHECK(store.read().recent_events(room("lobby"), 9).at(0).seq == 1);
}

TEST_CASE("an append under an old epoch is fenced and leaves nothing", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  store.add_user("usr_alice");
  const auto old = store.add_room("lobby", user("usr_alice"));
  const auto now = store.write(activate_room{room("lobby")})->epoch;
  const auto done = store.write_all(
    {append(old, make_message("lobby", "usr_alice", "msg_old")),
     append(now, make_message("lobby", "usr_alice", "msg_new")),
     append(now + 1, make_message("lobby", "usr_alice", "msg_early"))});
  REQUIRE_FALSE(done.at(0));
  CHECK(done[0].error().code == errc::moved);
  REQUIRE(done.at(1));
  CHECK(done[1]->seq == 1);
  CHECK(done.at(2).error().code == errc::moved);
  CHECK_FALSE(store.read().message(domain::message_id{"msg_old"}));
  CHECK(store.read().events(room("lobby"), 0, 10).size() == 1);
}

TEST_CASE("an activation in the middle of a batch fences what follows it", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  store.add_user("usr_alice");
  const auto epoch = store.add_room("lobby", user("usr_alice"));
  const auto done = store.write_all(
    {append(epoch, make_message("lobby", "usr_alice", "msg_1")), activate_room{room("lobby")},
     append(epoch, make_message("lobby", "usr_alice", "msg_2")),
     append(epoch + 1, make_message("lobby", "usr_alice", "msg_3"))});
  CHECK(done.at(0)->seq == 1);
  CHECK(done.at(1)->seq == 1);
  CHECK(done.at(1)->epoch == epoch + 1);
  CHECK(done.at(2).error().code == errc::moved);
  CHECK(done.at(3)->seq == 2);
  CHECK(store.read().room(room("lobby"))->last_seq == 2);
}

TEST_CASE("a room made in a batch can be written in the same batch", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  store.add_user("usr_alice");
  const auto early = append(1, make_message("lobby", "usr_alice", "msg_0"));
  const auto done = store.write_all(
    {early, create_room{make_room("lobby", "usr_alice")}, activate_room{room("lobby")},
     append(1, make_message("lobby", "usr_alice", "msg_1"))});
  CHECK(done.at(0).error().code == errc::not_found);
  CHECK(done.at(1));
  CHECK(done.at(2)->epoch == 1);
  REQUIRE(done.at(3));
  CHECK(done.at(3)->seq == 1);
}

TEST_CASE("a client id retried by its sender answers with the first message", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  store.add_user("usr_alice");
  store.add_user("usr_bob");
  const auto epoch = store.add_room("lobby", user("usr_alice"));
  const auto batch = store.write_all(
    {append(epoch, make_message("lobby", "usr_alice", "msg_1", "c1")),
     append(epoch, make_message("lobby", "usr_alice", "msg_2", "c1")),
     append(epoch, make_message("lobby", "usr_bob", "msg_3", "c1")),
     append(epoch, make_message("lobby", "usr_alice", "msg_4")),
     append(epoch, make_message("lobby", "usr_alice", "msg_5"))});
  CHECK(batch.at(0)->was_new);
  CHECK_FALSE(batch.at(1)->was_new);
  CHECK(batch.at(1)->message.value == "msg_1");
  CHECK(batch.at(1)->seq == 1);
  CHECK(batch.at(2)->seq == 2);
  CHECK(batch.at(3)->seq == 3);
  CHECK(batch.at(4)->seq == 4);

  const auto later = store.write(activate_room{room("lobby")})->epoch;
  auto retried = make_message("lobby", "usr_alice", "msg_6", "c1");
  retried.at = noon + hours{1};
  const auto again = store.write(append(later, retried));
  REQUIRE(again);
  CHECK_FALSE(again->was_new);
  CHECK(again->message.value == "msg_1");
  CHECK(again->seq == 1);
  CHECK(again->at == noon);
  CHECK(store.read().room(room("lobby"))->last_seq == 4);
  CHECK(store.read().events(room("lobby"), 0, 100).size() == 4);
}

TEST_CASE("a bad change in a batch fails alone", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  store.add_user("usr_alice");
  const auto epoch = store.add_room("lobby", user("usr_alice"));
  const auto done = store.write_all(
    {append(epoch, make_message("lobby", "usr_alice", "msg_1")),
     append(epoch, make_message("lobby", "usr_alice", "msg_1")), // the id is taken
     append(epoch, make_message("nowhere", "usr_alice", "msg_2")),
     create_user{make_user("usr_alice"), ""}, create_room{make_room("other", "usr_nobody")},
     append(epoch, make_message("lobby", "usr_alice", "msg_3"))});
  CHECK(done.at(0)->seq == 1);
  CHECK(done.at(1).error().code == errc::conflict);
  CHECK(done.at(2).error().code == errc::not_found);
  CHECK(done.at(3).error().code == errc::conflict);
  CHECK(done.at(4).error().code == errc::not_found);
  CHECK(done.at(5)->seq == 2);
  CHECK_FALSE(store.read().room(room("other")));
  CHECK(store.read().events(room("lobby"), 0, 10).size() == 2);
}

TEST_CASE("pages of messages stay stable while messages are added", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  store.add_user("usr_alice");
  const auto epoch = store.add_room("lobby", user("usr_alice"));
  int made = 0;
  const auto add = [&](int count) {
    for (int i = 0; i < count; ++i)
      REQUIRE(store.write(
        append(epoch, make_message("lobby", "usr_alice", "msg_" + std::to_string(++made)))));
  };
  add(10);
  std::vector<domain::seq> walked;
  page_query query{std::nullopt, true, 3};
  for (bool more = true; more; add(2)) {
    const auto page = store.read().messages(room("lobby"), query);
    for (const auto seq : seqs(page.messages))
      walked.push_back(seq);
    CHECK(page.has_previous == query.cursor.has_value());
    more = page.has_next;
    query.cursor = std::to_string(walked.back());
  }
  CHECK(walked == std::vector<domain::seq>{10, 9, 8, 7, 6, 5, 4, 3, 2, 1});

  const auto newer = store.read().messages(room("lobby"), {"4", false, 3});
  CHECK(seqs(newer.messages) == std::vector<domain::seq>{7, 6, 5});
  CHECK(newer.has_next);
  CHECK(newer.has_previous);
  const auto newest = store.read().messages(room("lobby"), {std::to_string(made - 1), false, 3});
  CHECK(seqs(newest.messages) == std::vector<domain::seq>{static_cast<domain::seq>(made)});
  CHECK_FALSE(newest.has_previous);
  CHECK(store.read().messages(room("lobby"), {"no cursor", true, 3}).messages.empty());
  CHECK(store.read().messages(room("none"), {}).messages.empty());
}

TEST_CASE("a reader sees a batch as soon as it is applied", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  const auto alice = store.add_user("usr_alice");
  const auto other = store.storage().open_reader();
  CHECK_FALSE(other->room(room("lobby")));
  store.add_room("lobby", alice);
  CHECK(other->room(room("lobby")));
}

TEST_CASE("everything is there after the storage was opened again", "[conformance]") {
  const auto kind = GENERATE(from_range(support::storage_kinds()));
  const auto place = support::make_place(kind);
  domain::epoch before = 0;
  {
    open_store store{place->url()};
    store.add_user("usr_alice");
    before = store.add_room("lobby", user("usr_alice"));
    REQUIRE(store.write(append(before, make_message("lobby", "usr_alice", "msg_1", "c1"))));
  }
  open_store store{place->url()};
  CHECK(store.read().user(user("usr_alice")));
  const auto now = store.write(activate_room{room("lobby")});
  CHECK(now->epoch == before + 1);
  CHECK(now->seq == 1);
  CHECK_FALSE(
    store.write(append(now->epoch, make_message("lobby", "usr_alice", "msg_2", "c1")))->was_new);
}

TEST_CASE("a storage says what an acknowledged commit is worth", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  CHECK(store.storage().durability() == "wal, synchronous=full");
}

TEST_CASE("an empty batch does nothing", "[conformance]") {
  TROUPE_FOR_EVERY_STORAGE;
  CHECK(store.write_all({}).empty());
}
