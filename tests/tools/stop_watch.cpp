#include "tools/stop_watch.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <csignal>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

class silent_log final : public domain::log {
public:
  bool enabled(domain::log_level) const override { return false; }
  void
  write(domain::log_level, std::string_view, std::initializer_list<domain::log_field>) override {}
};

/// A process of its own: what is tested here ends processes.
class child {
public:
  /// `body` runs in the child with a function to call when it is ready; its answer is the exit
  /// code.
  explicit child(const std::function<int(const std::function<void()>&)>& body) {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      alarm(20); // whatever happens, nothing is left behind
      tools::block_signals();
      _exit(body([&] { [[maybe_unused]] auto n = write(ends[1], "", 1); }));
    }
    char ready = 0;
    CHECK(read(ends[0], &ready, 1) == 1);
    close(ends[0]);
    close(ends[1]);
  }
  void signal(int number) const { kill(pid_, number); }
  /// The exit code; -1 when a signal ended it.
  int wait() const {
    int status = 0;
    waitpid(pid_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

private:
  pid_t pid_ = 0;
};

silent_log quiet;

[[noreturn]] void hang() {
  for (;;)
    pause();
}

} // namespace

TEST_CASE("a stop that takes longer than the drain time ends with code 1", "[tools][stop]") {
  child node([](const auto& ready) -> int {
    tools::stop_watch watch{50ms, quiet};
    ready();
    hang();
  });
  CHECK(node.wait() == 1);
}

TEST_CASE("a second signal while stopping ends the process at once", "[tools][stop]") {
  for (int number : {SIGTERM, SIGINT}) {
    child node([](const auto& ready) -> int {
      tools::stop_watch watch{10min, quiet};
      ready();
      hang();
    });
    node.signal(number);
    CHECK(node.wait() == 1);
  }
}

TEST_CASE("a reload while stopping changes nothing", "[tools][stop]") {
  child node([](const auto& ready) -> int {
    tools::stop_watch watch{10min, quiet};
    kill(getpid(), SIGHUP);
    ready();
    hang();
  });
  node.signal(SIGHUP);
  node.signal(SIGTERM);
  CHECK(node.wait() == 1);
}

TEST_CASE("a stop that is done calls its watch off", "[tools][stop]") {
  child node([](const auto& ready) {
    ready();
    { tools::stop_watch watch{10min, quiet}; }
    return 7;
  });
  CHECK(node.wait() == 7);
}

TEST_CASE("signals are taken one by one, in any thread's stead", "[tools][stop]") {
  child node([](const auto& ready) {
    kill(getpid(), SIGHUP);
    bool is_reload = tools::next_signal() == tools::wanted::reload;
    ready();
    bool is_stop = tools::next_signal() == tools::wanted::stop;
    return is_reload && is_stop ? 7 : 8;
  });
  node.signal(SIGTERM);
  CHECK(node.wait() == 7);
}
