#include "actors/supervisor.hpp"

#include "actors/inspected.hpp"
#include "actors/surroundings.hpp"
#include "domain/limits.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <deque>
#include <utility>

namespace actors {

namespace {

constexpr std::chrono::milliseconds stop_poll{10};
constexpr std::chrono::seconds sessions_time{3}; // for each stage, then it goes on without
constexpr std::chrono::seconds writing_time{4};
constexpr std::chrono::milliseconds first_pause{100};

class supervisor final : public inspected<supervisor_actor::base> {
public:
  supervisor(caf::actor_config& config, supervisor_args args)
      : inspected(config, &args.world->live), args_(std::move(args)) {
    set_down_handler([this](const caf::down_msg& down) { on_down(down); });
    for (const auto& plan : args_.children) {
      running_.push_back(plan.start());
      monitor(running_.back()->address());
    }
  }

  const char* name() const override { return "supervisor"; }
  std::string snapshot() const override {
    const auto up = std::count_if(
      running_.begin(), running_.end(), [](const auto& each) { return each != nullptr; });
    return R"({"children":)" + std::to_string(running_.size()) + R"(,"running":)"
           + std::to_string(up) + R"(,"recentRestarts":)" + std::to_string(restarts_.size()) + '}';
  }
  void on_exit() override {
    running_.clear();
    args_.world->book.clear();
    if (args_.stopped)
      args_.stopped();
  }

  supervisor_actor::behavior_type make_behavior() override {
    return {
      [this](const stop_tree&) { stop(); },
      [this](const restart_child& which) { restart(which.index); },
      [this](const supervisor_tick&) { go_on_stopping(); },
    };
  }

private:
  enum class stage : std::uint8_t { running, sessions, writing, services };

  void on_down(const caf::down_msg& down) {
    const auto found = std::find_if(running_.begin(), running_.end(), [&](const auto& each) {
      return each != nullptr && each->address() == down.source;
    });
    if (found == running_.end())
      return;
    *found = nullptr;
    const auto index = static_cast<std::size_t>(found - running_.begin());
    if (stage_ != stage::running)
      return go_on_stopping();
    const auto now = args_.world->clock->steady();
    while (!restarts_.empty() && restarts_.front() + domain::limits::restart_window < now)
      restarts_.pop_front();
    const auto& name = args_.children[index].name;
    const auto reason = render_reason(system(), down.reason);
    args_.world->log->error(
      "actor-failed", {{"actor", std::string_view{name}}, {"reason", std::string_view{reason}}});
    if (restarts_.size() >= domain::limits::restarts)
      return args_.world->give_up("restarted too often: " + name);
    const auto pause = first_pause * (1 << restarts_.size());
    restarts_.push_back(now);
    delayed_send(this, pause, restart_child{index});
  }

  void restart(std::size_t index) {
    if (stage_ != stage::running || running_[index] != nullptr)
      return;
    running_[index] = args_.children[index].start();
    monitor(running_[index]->address());
    args_.world->live.note_restart(args_.children[index].name);
  }

  void stop() {
    if (stage_ != stage::running)
      return;
    enter(stage::sessions, sessions_time);
    args_.world->batches->flush_all();
    for (const auto& session : args_.world->sessions.all())
      caf::anon_send(session, session_close{domain::close_code::shutdown});
    go_on_stopping();
  }

  void enter(stage next, std::chrono::milliseconds time) {
    stage_ = next;
    until_ = args_.world->clock->steady() + time;
  }

  void go_on_stopping() {
    const bool is_late = until_ <= args_.world->clock->steady();
    if (stage_ == stage::sessions && (args_.world->sessions.size() == 0 || is_late)) {
      enter(stage::writing, writing_time);
      end(args_.world->book.directory());
    } else if (stage_ == stage::writing) {
      const auto writer = args_.world->book.writer();
      if (!writer.load || *writer.load == 0 || is_late) {
        enter(stage::services, writing_time);
        for (auto each = running_.rbegin(); each != running_.rend(); ++each)
          end(*each);
      }
    }
    if (
      stage_ == stage::services
      && std::all_of(
        running_.begin(), running_.end(), [](const auto& each) { return each == nullptr; }))
      return quit();
    delayed_send(this, stop_poll, supervisor_tick{});
  }

  template <class Handle>
  static void end(const Handle& whom) {
    if (whom)
      caf::anon_send_exit(whom, caf::exit_reason::user_shutdown);
  }

  supervisor_args args_;
  std::vector<caf::strong_actor_ptr> running_; // by index of the plan; null: down
  std::deque<domain::steady_time> restarts_;
  stage stage_ = stage::running;
  domain::steady_time until_{};
};

} // namespace

supervisor_actor spawn_supervisor(caf::actor_system& system, supervisor_args args) {
  return system.spawn<supervisor>(std::move(args));
}

} // namespace actors
