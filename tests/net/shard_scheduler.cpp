#include "net/shard_scheduler.hpp"

#include <boost/asio/post.hpp>
#include <caf/all.hpp>
#include <catch2/catch.hpp>

#include <future>

using namespace std::chrono_literals;

namespace {

struct shards {
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  explicit shards(std::size_t n) {
    config.load<net::shard_scheduler>();
    config.set("scheduler.max-threads", static_cast<unsigned>(n));
    config.set("scheduler.max-throughput", 300u);
    system = std::make_unique<caf::actor_system>(config);
  }
  net::shard_scheduler& scheduler() { return net::shard_scheduler::of(*system); }
};

struct where_query {};
struct slow_query {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(where_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slow_query)

namespace {

// Says on which shard it runs.
class whereabouts : public caf::event_based_actor {
public:
  whereabouts(caf::actor_config& config, caf::execution_unit* home)
      : event_based_actor(config), home_(home) {}
  caf::behavior make_behavior() override {
    return {
      [](where_query) { return reinterpret_cast<std::uint64_t>(net::shard_queue::current()); }};
  }
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* at) override {
    event_based_actor::enqueue(std::move(what), home_ != nullptr ? home_ : at);
  }

private:
  caf::execution_unit* home_;
};

} // namespace

TEST_CASE("an actor sent to from a shard runs on that shard", "[net][shard][caf]") {
  shards all{3};
  auto actor =
    all.system->spawn<whereabouts, caf::lazy_init>(nullptr); // first run at its first message
  for (std::size_t i = 0; i < 3; ++i) {
    auto& queue = all.scheduler().worker(i).queue();
    std::promise<std::uint64_t> where;
    auto asker = all.system->spawn<caf::lazy_init>(
      [&, actor](caf::event_based_actor* self, std::size_t) -> caf::behavior {
        return {[&, self, actor](caf::ok_atom) {
          self->request(actor, 5s, where_query{}).then([&](std::uint64_t at) {
            where.set_value(at);
          });
        }};
      },
      i);
    boost::asio::post(queue.io(), [asker] { caf::anon_send(asker, caf::ok_atom::value); });
    CHECK(where.get_future().get() == reinterpret_cast<std::uint64_t>(&queue));
    caf::anon_send_exit(asker, caf::exit_reason::user_shutdown);
  }
}

TEST_CASE("a pinned actor always runs on its shard, whoever sends", "[net][shard][caf]") {
  shards all{2};
  auto& home = all.scheduler().worker(1);
  auto actor = all.system->spawn<whereabouts, caf::lazy_init>(&home);
  caf::scoped_actor self{*all.system};
  for (auto i = 0; i < 200; ++i)
    self->request(actor, 5s, where_query{})
      .receive(
        [&](std::uint64_t at) { REQUIRE(at == reinterpret_cast<std::uint64_t>(&home.queue())); },
        [&](caf::error& e) { FAIL(all.system->render(e)); });
}

TEST_CASE("a request that is never answered ends with its timeout", "[net][shard][caf]") {
  shards all{2};
  auto silent = all.system->spawn(
    [](caf::event_based_actor* self, int) -> caf::behavior {
      return {
        [self](slow_query) -> caf::result<int> { return self->make_response_promise<int>(); }};
    },
    0);
  caf::scoped_actor self{*all.system};
  std::promise<caf::error> answer;
  auto asker = all.system->spawn(
    [&, silent](caf::event_based_actor* me, int) -> caf::behavior {
      me->request(silent, 30ms, slow_query{})
        .then([](int) {}, [&](caf::error& e) { answer.set_value(e); });
      return {[](caf::ok_atom) {}};
    },
    0);
  CHECK(answer.get_future().get() == caf::sec::request_timeout);
  caf::anon_send_exit(asker, caf::exit_reason::user_shutdown);
}

TEST_CASE(
  "delayed messages come in the order of their times, from shards and from other threads",
  "[net][shard][caf]") {
  shards all{2};
  std::promise<std::string> done;
  auto actor = all.system->spawn(
    [&](caf::event_based_actor* self, int) -> caf::behavior {
      auto seen = std::make_shared<std::string>();
      self->delayed_send(self, 60ms, std::string{"c"});
      self->delayed_send(self, 20ms, std::string{"a"});
      self->delayed_send(self, 40ms, std::string{"b"});
      return {[&, seen](const std::string& text) {
        *seen += text;
        if (seen->size() == 4)
          done.set_value(*seen);
      }};
    },
    0);
  caf::scoped_actor self{*all.system};
  self->delayed_send(actor, 80ms, std::string{"d"});
  CHECK(done.get_future().get() == "abcd");
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

TEST_CASE(
  "a thousand actors under load from four threads all answer, and the system ends",
  "[net][shard][caf]") {
  shards all{2};
  std::vector<caf::actor> actors;
  for (auto i = 0; i < 1'000; ++i)
    actors.push_back(all.system->spawn(
      [](caf::event_based_actor*, int n) -> caf::behavior {
        return {[n](int x) { return x + n; }};
      },
      i));
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (auto t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      caf::scoped_actor self{*all.system};
      for (auto i = 0; i < 1'000; ++i)
        self->request(actors[static_cast<std::size_t>(i)], 10s, i)
          .receive([&](int x) { right += x == 2 * i ? 1 : 0; }, [](caf::error&) {});
    });
  for (auto& t : threads)
    t.join();
  CHECK(right == 4'000);
  for (auto& actor : actors)
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}
