// What is SQLite's own: the file, its lock, kill -9, a failing disk.
#include "persistence/sqlite/database.hpp"
#include "tests/persistence/failing_disk.hpp"
#include "tests/persistence/places.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/temporary_folder.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <csignal>
#include <fstream>
#include <functional>
#include <map>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace persistence;
using domain::errc;
using support::append;
using support::make_message;
using support::open_store;

namespace {

const domain::room_id lobby{"lobby"};

std::string url_in(const support::temporary_folder& folder) {
  return "sqlite:" + (folder.path() / "deep" / "down" / "troupe.db").string();
}

/// Runs `work` in a process of its own, which ends with what it returns.
pid_t in_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int code = 99;
    try {
      code = work();
    } catch (...) {
      code = 98;
    }
    ::_exit(code);
  }
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

struct acked {
  std::uint64_t number;
  domain::seq seq;
};

/// Appends for ever; tells the pipe what was acknowledged.
int append_until_killed(const std::string& url, int pipe, std::uint64_t first, std::uint64_t seed) {
  open_store store{url};
  support::dice dice{seed};
  const auto epoch = store.write(activate_room{lobby})->epoch;
  for (auto next = first;;) {
    std::vector<change> batch;
    std::vector<acked> done;
    for (auto n = 1 + dice.below(32); n > 0; --n, ++next) {
      const auto id = std::to_string(next);
      batch.push_back(append(epoch, make_message("lobby", "usr_alice", "msg_" + id, "c" + id)));
      done.push_back({next, 0});
    }
    const auto outcomes = store.write_all(std::move(batch));
    for (std::size_t i = 0; i < done.size(); ++i)
      done[i].seq = outcomes[i] ? outcomes[i]->seq : 0;
    const auto bytes = done.size() * sizeof(acked);
    if (::write(pipe, done.data(), bytes) != static_cast<ssize_t>(bytes))
      return 1;
  }
}

} // namespace

TEST_CASE("the folder of the database is made, and an unusable path is told", "[sqlite]") {
  const support::temporary_folder folder;
  CHECK(open_storage(url_in(folder)));
  std::ofstream{folder.path() / "file"} << "in the way";
  const auto blocked = open_storage("sqlite:" + (folder.path() / "file" / "t.db").string());
  REQUIRE_FALSE(blocked);
  CHECK(blocked.error().code == errc::unavailable);
  CHECK_THAT(blocked.error().message, Catch::Contains("cannot open the database"));
  std::ofstream{folder.path() / "other.db"} << std::string(8'192, 'x');
  const auto other = open_storage("sqlite:" + (folder.path() / "other.db").string());
  REQUIRE_FALSE(other);
}

TEST_CASE("an address of an unknown kind is refused without showing its password", "[sqlite]") {
  for (const char* url : {"postgresql://u:secret@host/db", "sqlite:", "", "troupe.db"}) {
    const auto opened = open_storage(url);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == errc::bad_request);
    CHECK_THAT(opened.error().message, !Catch::Contains("secret"));
  }
}

TEST_CASE(
  "a database that another node holds is refused, and free once that was killed", "[sqlite]") {
  const support::temporary_folder folder;
  const auto url = url_in(folder);
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const auto child = in_child([&] {
    const auto held = open_storage(url);
    const char ready = held ? 'y' : 'n';
    if (::write(pipe[1], &ready, 1) != 1)
      return 1;
    for (;;)
      ::pause();
  });
  char ready = 0;
  REQUIRE(::read(pipe[0], &ready, 1) == 1);
  REQUIRE(ready == 'y');
  const auto refused = open_storage(url);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::unavailable);
  CHECK_THAT(refused.error().message, Catch::Contains("in use by another trouped"));
  ::kill(child, SIGKILL);
  wait_for(child);
  CHECK(open_storage(url));
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST_CASE("writer and readers keep the lock when they outlive their storage", "[sqlite]") {
  const support::temporary_folder folder;
  auto opened = open_storage(url_in(folder));
  REQUIRE(opened);
  auto reader = (*opened)->open_reader();
  (*opened).reset();
  CHECK_FALSE(open_storage(url_in(folder)));
  CHECK_FALSE(reader->room(lobby));
  reader.reset();
  CHECK(open_storage(url_in(folder)));
}

TEST_CASE("what was acknowledged is there after kill -9", "[sqlite][kill]") {
  const auto seed = support::test_seed();
  INFO("TROUPE_TEST_SEED=" << seed);
  support::dice dice{seed};
  const support::temporary_folder folder;
  const auto url = url_in(folder);
  {
    open_store store{url};
    store.add_room("lobby", store.add_user("usr_alice"));
  }
  std::map<domain::seq, std::uint64_t> all_acked;
  std::uint64_t first = 1;
  for (int round = 0; round < 8; ++round) {
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    const auto child =
      in_child([&] { return append_until_killed(url, pipe[1], first, seed + first); });
    ::close(pipe[1]);
    auto left = 1 + dice.below(200); // acknowledgements to see before the kill
    acked one{};
    while (left > 0 && ::read(pipe[0], &one, sizeof one) == sizeof one) {
      all_acked[one.seq] = one.number;
      --left;
    }
    CHECK(left == 0);
    std::this_thread::yield();
    ::kill(child, SIGKILL);
    while (::read(pipe[0], &one, sizeof one) == sizeof one)
      all_acked[one.seq] = one.number;
    wait_for(child);
    ::close(pipe[0]);

    open_store store{url};
    const auto log = store.read().events(lobby, 0, 1'000'000);
    for (std::size_t i = 0; i < log.size(); ++i)
      REQUIRE(log[i].seq == i + 1); // no holes
    CHECK(store.read().room(lobby)->last_seq == log.size());
    for (const auto& [seq, number] : all_acked) {
      REQUIRE(seq >= 1);
      REQUIRE(seq <= log.size());
      const auto id = "msg_" + std::to_string(number);
      REQUIRE_THAT(log[seq - 1].body, Catch::Contains("\"" + id + "\""));
      REQUIRE(store.read().message(domain::message_id{id})->seq == seq);
    }
    first += 1'000'000;
  }
}

TEST_CASE("a flush that fails is never tried again", "[sqlite][disk]") {
  const support::temporary_folder folder;
  const support::failing_disk disk;
  open_store store{url_in(folder)};
  const auto epoch = store.add_room("lobby", store.add_user("usr_alice"));
  disk.fail_sync_after(0);
  CHECK_THROWS_AS(
    store.write(append(epoch, make_message("lobby", "usr_alice", "msg_1"))), flush_failed);
}

TEST_CASE(
  "every failing write or flush ends in retry or the end, never in a loss", "[sqlite][disk]") {
  const support::temporary_folder folder;
  const support::failing_disk disk;
  const auto url = url_in(folder);
  domain::seq acknowledged = 0;
  {
    open_store store{url};
    store.add_room("lobby", store.add_user("usr_alice"));
  }
  int retried = 0;
  int ended = 0;
  int untouched = 0;
  int number = 0;
  for (const bool full : {true, false}) {
    for (int at = 0; untouched == (full ? 0 : 1);
         ++at) { // until the fault is beyond the last write
      auto store = std::make_unique<open_store>(url);
      const auto epoch = store->write(activate_room{lobby})->epoch;
      std::vector<change> batch;
      for (int i = 0; i < 20; ++i)
        batch.push_back(
          append(epoch, make_message("lobby", "usr_alice", "msg_" + std::to_string(++number))));
      if (full)
        disk.fill_after(at);
      else
        disk.fail_write_after(at);
      try {
        const auto outcomes = store->write_all(std::move(batch));
        if (outcomes.front()) {
          acknowledged = outcomes.back()->seq;
          ++untouched;
        } else {
          for (const auto& o : outcomes)
            CHECK(o.error().code == errc::retry);
          ++retried;
          disk.mend();
          const auto later = // the same writer goes on
            store->write(
              append(epoch, make_message("lobby", "usr_alice", "msg_" + std::to_string(++number))));
          REQUIRE(later);
          acknowledged = later->seq;
        }
      } catch (const flush_failed&) {
        ++ended;
      }
      disk.mend();
      store.reset();
      open_store again{url};
      const auto log = again.read().events(lobby, 0, 100'000);
      REQUIRE(log.size() >= acknowledged);
      for (std::size_t i = 0; i < log.size(); ++i)
        REQUIRE(log[i].seq == i + 1);
      REQUIRE(again.read().room(lobby)->last_seq == log.size());
    }
  }
  CHECK(retried > 0);
  CHECK(ended > 0);
}

TEST_CASE("what is over is pruned while other work goes on", "[sqlite]") {
  using std::chrono::hours;
  const support::temporary_folder folder;
  const auto path = folder.path() / "t.db";
  {
    open_store store{"sqlite:" + path.string()};
    const auto alice = store.add_user("usr_alice");
    store.write(save_answer{alice, "old", "h", 200, "{}", support::noon});
    store.write(save_refresh_token{"old", "f", alice, support::noon + hours{1}});
    store.write(save_answer{alice, "new", "h", 200, "{}", support::noon + hours{48}});
    store.write(save_refresh_token{"new", "f", alice, support::noon + hours{60}});
  }
  persistence::sqlite::database db{path.string(), persistence::sqlite::database::mode::read_only};
  const auto only = [&](const char* sql) {
    auto ask = db.prepare(sql);
    auto row = ask.query();
    REQUIRE(row.next());
    const auto value = row.string(0);
    CHECK_FALSE(row.next());
    return value;
  };
  CHECK(only("SELECT key FROM answers") == "new");
  CHECK(only("SELECT hash FROM refresh_tokens") == "new");
}

TEST_CASE("with the planted defect a retried client id is stored once more", "[defect]") {
  const auto place = support::make_place("sqlite");
  open_store store{place->url(), {.unique_client_ids = false}};
  store.add_user("usr_alice");
  const auto epoch = store.add_room("lobby", domain::user_id{"usr_alice"});
  CHECK(store.write(append(epoch, make_message("lobby", "usr_alice", "msg_1", "c1")))->was_new);
  const auto again = store.write(append(epoch, make_message("lobby", "usr_alice", "msg_2", "c1")));
  CHECK(again->was_new);
  CHECK(again->seq == 2);
}
