#pragma once

#include "actors/directory.hpp"

#include <caf/actor_config.hpp>
#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>
#include <caf/invoke_message_result.hpp>
#include <caf/local_actor.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/resumable.hpp>
#include <caf/type_nr.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <string>
#include <typeinfo>
#include <utility>

namespace actors {

std::int64_t inspection_now_ns();
/// Why an actor ended, for operators; also for our own errors, whose context CAF can't print.
std::string render_reason(const caf::actor_system& system, const caf::error& reason);

/// Makes an event-based or typed actor visible to operators: `class room : public
/// inspected<room_actor::base>`. Counts in `enqueue` and `consume`, times whole turns in `resume`,
/// answers `snapshot_query` on the actor's own turn. An exception ends the actor (its supervisor or
/// directory makes it again), its text is kept.
template <class Base>
class inspected : public Base, public inspectable {
public:
  inspected(caf::actor_config& config, actor_directory* live) : Base(config), live_(live) {
    counters_.started_ns = inspection_now_ns();
    this->set_exception_handler([this](std::exception_ptr& thrown) -> caf::error {
      try {
        std::rethrow_exception(thrown);
      } catch (const std::exception& problem) {
        note_error(problem.what());
      } catch (...) {
        note_error("unknown exception");
      }
      return caf::sec::runtime_error;
    });
  }

  const char* type() const override { return this->name(); }
  std::string label() const override { return type(); }
  const actor_counters& counters() const override { return counters_; }

  /// State as a JSON object, beyond the counters. Runs on the actor's own turn, so it may read
  /// everything.
  virtual std::string snapshot() const { return "{}"; }

  void launch(caf::execution_unit* host, bool lazy, bool hide) override {
    if (live_ != nullptr)
      live_->add(this->id(), caf::weak_actor_ptr{this->ctrl()}, this);
    Base::launch(host, lazy, hide);
  }

  bool cleanup(caf::error&& reason, caf::execution_unit* host) override {
    if (live_ != nullptr)
      live_->remove(this->id(), render_reason(this->system(), reason));
    live_ = nullptr;
    return Base::cleanup(std::move(reason), host);
  }

  void enqueue(caf::mailbox_element_ptr element, caf::execution_unit* host) override {
    counters_.enqueued.fetch_add(1, std::memory_order_relaxed);
    Base::enqueue(std::move(element), host);
  }

  caf::resumable::resume_result resume(caf::execution_unit* host, std::size_t messages) override {
    const auto begin = inspection_now_ns(); // per turn, not per message: a turn is a batch
    counters_.running_since_ns.store(begin, std::memory_order_relaxed);
    const auto result = Base::resume(host, messages); // the scheduler's reference keeps *this alive
    counters_.running_since_ns.store(0, std::memory_order_relaxed);
    add(counters_.busy_ns, static_cast<std::uint64_t>(inspection_now_ns() - begin));
    return result;
  }

  caf::invoke_message_result consume(caf::mailbox_element& element) override {
    auto& content = element.content();
    if (!content.empty()) {
      const auto [number, type] = content.type(0);
      counters_.last_message.store(
        type != nullptr ? type->name() : caf::numbered_type_names[number - 1],
        std::memory_order_relaxed);
      if (type != nullptr && *type == typeid(snapshot_query)) {
        this->current_mailbox_element(&element);
        this->make_response_promise().deliver(snapshot());
        add(counters_.handled, 1);
        return caf::invoke_message_result::consumed;
      }
    }
    const auto result = Base::consume(element);
    if (result != caf::invoke_message_result::skipped) // a skipped message comes again
      add(counters_.handled, 1);
    return result;
  }

protected:
  void note_error(std::string text) {
    if (live_ != nullptr)
      live_->note_error(this->id(), std::move(text));
  }

private:
  // One writer: no locked instruction is needed.
  static void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) {
    counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

  actor_directory* live_;
  actor_counters counters_;
};

/// Makes an actor always run on one execution unit (its connection's shard), whoever sends to it.
template <class Base>
class pinned : public Base {
public:
  template <class... Args>
  pinned(caf::actor_config& config, caf::execution_unit* home, Args&&... args)
      : Base(config, std::forward<Args>(args)...), home_(home) {}

  void launch(caf::execution_unit* host, bool lazy, bool hide) override {
    Base::launch(home_or(host), lazy, hide);
  }
  void enqueue(caf::mailbox_element_ptr element, caf::execution_unit* host) override {
    Base::enqueue(std::move(element), home_or(host));
  }

protected:
  /// nullptr: no home, the scheduler's own choice. From the next message on.
  void move_home(caf::execution_unit* home) { home_.store(home, std::memory_order_relaxed); }

private:
  caf::execution_unit* home_or(caf::execution_unit* host) const {
    auto* home = home_.load(std::memory_order_relaxed);
    return home != nullptr ? home : host;
  }
  std::atomic<caf::execution_unit*> home_; // read by every sender
};

} // namespace actors
