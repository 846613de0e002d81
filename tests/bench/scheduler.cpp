// A round trip socket handler -> session -> room -> session -> socket handler, on Troupe's shards
// and, with `caf`, on CAF's own worker beside an I/O thread. Prints a line of JSON for each number
// of trips under way.
#include "domain/limits.hpp"
#include "net/shard_scheduler.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <caf/all.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <future>
#include <string>
#include <string_view>
#include <thread>

namespace {

double process_cpu_seconds() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

/// Lives on the thread of its io_context once it runs.
class round_trips {
public:
  round_trips(caf::actor_system& system, boost::asio::io_context& io, std::uint64_t count)
      : io_{io}, count_{count} {
    room_ = system.spawn([](caf::event_based_actor*) -> caf::behavior {
      return {[](const std::string& text) { return text; }};
    });
    session_ = system.spawn([this](caf::event_based_actor* self) -> caf::behavior {
      return {[this, self](std::uint64_t) {
        // with a deadline, as every request of Troupe's
        self->request(room_, domain::limits::command_timeout, std::string{"a chat message"})
          .then([this](const std::string&) { boost::asio::post(io_, [this] { arrived(); }); });
      }};
    });
  }

  ~round_trips() {
    caf::anon_send_exit(session_, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(room_, caf::exit_reason::user_shutdown);
  }

  void run(std::uint64_t window) {
    std::promise<void> finished;
    finished_ = &finished;
    left_ = count_;
    boost::asio::post(io_, [this, window] {
      for (std::uint64_t i = 0; i < window; ++i)
        depart();
    });
    finished.get_future().wait();
  }

private:
  void depart() {
    --left_;
    ++under_way_;
    caf::anon_send(session_, std::uint64_t{1});
  }

  void arrived() {
    --under_way_;
    if (left_ > 0)
      depart();
    else if (under_way_ == 0)
      finished_->set_value();
  }

  boost::asio::io_context& io_;
  std::uint64_t count_;
  std::uint64_t left_ = 0;
  std::uint64_t under_way_ = 0;
  std::promise<void>* finished_ = nullptr;
  caf::actor room_;
  caf::actor session_;
};

void measure(std::string_view scheduler, caf::actor_system& system, boost::asio::io_context& io) {
  constexpr std::uint64_t count = 200'000;
  round_trips trips{system, io, count};
  trips.run(64); // warm
  for (std::uint64_t window : {1, 64}) {
    auto cpu = process_cpu_seconds();
    auto begin = std::chrono::steady_clock::now();
    trips.run(window);
    std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    std::printf(
      R"({"scenario":"scheduler","variant":"%sx%d","ns_per_trip":%.0f,"cpu_ns_per_trip":%.0f})"
      "\n",
      std::string{scheduler}.c_str(), static_cast<int>(window), wall.count() / count * 1e9,
      (process_cpu_seconds() - cpu) / count * 1e9);
  }
}

} // namespace

int main(int argc, char** argv) {
  bool stock = argc > 1 && std::string_view{argv[1]} == "caf";
  caf::actor_system_config config;
  if (!stock) {
    config.load<net::shard_scheduler>();
    config.set("scheduler.max-threads", 2u);
    caf::actor_system system{config};
    measure("shards", system, net::shard_scheduler::of(system).worker(0).queue().io());
    return EXIT_SUCCESS;
  }
  config.set("scheduler.max-threads", 1u);
  caf::actor_system system{config};
  boost::asio::io_context io{1};
  auto work = boost::asio::make_work_guard(io);
  std::thread thread{[&] { io.run(); }};
  measure("caf", system, io);
  io.stop();
  thread.join();
  return EXIT_SUCCESS;
}
