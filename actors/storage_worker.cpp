#include "actors/storage_worker.hpp"

#include "actors/error.hpp"
#include "actors/inspected.hpp"
#include "actors/surroundings.hpp"
#include "domain/limits.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <optional>
#include <variant>

namespace actors {

namespace {

const domain::error too_old{
  domain::errc::overloaded, "The database is overloaded", {}, std::chrono::seconds{1}};
const domain::error unknown_fate{
  domain::errc::retry, "The outcome is not known; send again with the same clientId", {}, {}};

/// One question less lies with this worker, however its handler ends.
struct answered {
  const storage_load& load;
  ~answered() { --*load; }
};

std::size_t bytes_of(const persistence::change& what) {
  constexpr std::size_t others = 512;
  if (const auto* append = std::get_if<persistence::append_message>(&what))
    return append->body.size() + append->message.content.size() + others;
  if (const auto* answer = std::get_if<persistence::save_answer>(&what))
    return answer->body.size() + others;
  return others;
}

/// Group commit: everything that queued up while the last commit ran goes into the next one.
/// Losing it is survivable: whoever waits gets `unavailable` or runs into a timeout, and reads the
/// truth back.
class storage_writer final : public inspected<storage_writer_actor::base> {
public:
  storage_writer(caf::actor_config& config, storage_worker_args args)
      : inspected(config, &args.world->live), args_(std::move(args)) {}

  const char* name() const override { return "storage_writer"; }
  std::string snapshot() const override {
    return R"({"commits":)" + std::to_string(commits_) + R"(,"changes":)" + std::to_string(changes_)
           + R"(,"largestBatch":)" + std::to_string(largest_) + R"(,"queued":)"
           + std::to_string(args_.load->load()) + '}';
  }
  void on_exit() override {
    fail_all();
    writer_.reset(); // a successor opens its own, and there is only one
  }

  storage_writer_actor::behavior_type make_behavior() override {
    return {
      [this](queued<write_change>& change) { return add(change); },
      [this](const storage_flush&) {
        is_flush_queued_ = false;
        flush();
      },
    };
  }

private:
  caf::result<persistence::written> add(queued<write_change>& change) {
    if (args_.world->clock->steady() - change.since > domain::limits::repository_queue_age) {
      --*args_.load;
      return to_caf(too_old);
    }
    auto answer = make_response_promise<persistence::written>();
    bytes_ += bytes_of(change.what.what);
    batch_.push_back(std::move(change.what.what));
    answers_.push_back(answer);
    if (batch_.size() >= domain::limits::batch_changes || bytes_ >= domain::limits::batch_bytes) {
      flush();
    } else if (!is_flush_queued_) {
      is_flush_queued_ = true;
      send(this, storage_flush{});
    }
    return answer;
  }

  void flush() {
    if (batch_.empty())
      return;
    std::vector<persistence::outcome> outcomes;
    try {
      if (!writer_)
        writer_ = args_.storage->open_writer();
      outcomes = writer_->apply(batch_);
    } catch (const persistence::flush_failed& failure) {
      // What the disk kept is unknown, and a second flush might say yes to lost pages: this process
      // must end.
      note_error(failure.what);
      fail_all();
      args_.world->give_up("flush failed: " + failure.what);
      quit(to_caf({domain::errc::unavailable, "The database failed", {}, {}}));
      return;
    } catch (const std::exception& failure) {
      note_error(failure.what());
      args_.world->log->error("storage-write-failed", {{"why", std::string_view{failure.what()}}});
      fail_all();
      writer_.reset();
      quit(to_caf({domain::errc::unavailable, "The database failed", {}, {}})); // made again with a
                                                                                // new connection
      return;
    }
    ++commits_;
    changes_ += batch_.size();
    largest_ = std::max(largest_, batch_.size());
    outcomes.resize(batch_.size(), unknown_fate);
    for (std::size_t i = 0; i < answers_.size(); ++i)
      if (outcomes[i])
        answers_[i].deliver(*std::move(outcomes[i]));
      else
        answers_[i].deliver(to_caf(outcomes[i].error()));
    clear();
  }

  void fail_all() {
    for (auto& answer : answers_)
      answer.deliver(to_caf(unknown_fate));
    clear();
  }

  void clear() {
    *args_.load -= batch_.size();
    batch_.clear();
    answers_.clear();
    bytes_ = 0;
  }

  storage_worker_args args_;
  std::unique_ptr<persistence::writer> writer_;
  std::vector<persistence::change> batch_;
  std::vector<caf::typed_response_promise<persistence::written>> answers_; // one for each change
  std::size_t bytes_ = 0;
  bool is_flush_queued_ = false;
  std::uint64_t commits_ = 0;
  std::uint64_t changes_ = 0;
  std::size_t largest_ = 0;
};

class storage_reader final : public inspected<storage_reader_actor::base> {
public:
  storage_reader(caf::actor_config& config, storage_worker_args args)
      : inspected(config, &args.world->live), args_(std::move(args)) {}

  const char* name() const override { return "storage_reader"; }
  void on_exit() override { reader_.reset(); }

  storage_reader_actor::behavior_type make_behavior() override {
    using persistence::reader;
    return {
      [this](const queued<find_user>& q) {
        return one<found_user>(q, [&](reader& r) -> std::optional<found_user> {
          auto user = r.user(q.what.id);
          if (!user)
            return std::nullopt;
          return found_user{*std::move(user), !q.what.login.empty() && r.is_revoked(q.what.login)};
        });
      },
      [this](const queued<find_login>& q) {
        return one<found_login>(q, [&](reader& r) { return r.login(q.what.email); });
      },
      [this](const queued<find_answer>& q) {
        return many<found_answer>(q, [&](reader& r) {
          auto found = r.answer(q.what.user, q.what.key, q.what.now);
          return found ? found_answer{true, std::move(*found)} : found_answer{};
        });
      },
      [this](const queued<find_room>& q) {
        return one<found_room>(q, [&](reader& r) { return r.room(q.what.id); });
      },
      [this](const queued<find_member>& q) {
        return one<found_member>(q, [&](reader& r) { return r.member(q.what.room, q.what.user); });
      },
      [this](const queued<list_rooms>& q) {
        return many<persistence::room_page>(
          q, [&](reader& r) { return r.rooms(q.what.viewer, q.what.limit, q.what.offset); });
      },
      [this](const queued<list_members>& q) {
        return many<member_list>(q, [&](reader& r) {
          return member_list{r.members(q.what.room, q.what.limit, q.what.offset)};
        });
      },
      [this](const queued<load_events>& q) {
        return many<event_list>(q, [&](reader& r) {
          return event_list{
            q.what.newest ? r.recent_events(q.what.room, q.what.limit)
                          : r.events(q.what.room, q.what.after, q.what.limit)};
        });
      },
      [this](const queued<load_messages>& q) {
        return many<persistence::message_page>(
          q, [&](reader& r) { return r.messages(q.what.room, q.what.page); });
      },
      [this](const queued<find_message>& q) {
        return one<found_message>(q, [&](reader& r) { return r.message(q.what.id); });
      },
    };
  }

private:
  template <class Answer, class Question, class Read>
  caf::result<Answer> many(const queued<Question>& question, Read read) {
    const answered counted{args_.load};
    if (args_.world->clock->steady() - question.since > domain::limits::repository_queue_age)
      return to_caf(too_old);
    if (!reader_)
      reader_ = args_.storage->open_reader();
    return read(*reader_); // what it throws ends this worker; the next one opens its own connection
  }

  template <class Answer, class Question, class Read>
  caf::result<Answer> one(const queued<Question>& question, Read read) {
    const answered counted{args_.load};
    if (args_.world->clock->steady() - question.since > domain::limits::repository_queue_age)
      return to_caf(too_old);
    if (!reader_)
      reader_ = args_.storage->open_reader();
    auto found = read(*reader_);
    if (!found)
      return to_caf({domain::errc::not_found, "Not found", {}, {}});
    return Answer{std::move(*found)};
  }

  storage_worker_args args_;
  std::unique_ptr<persistence::reader> reader_;
};

} // namespace

storage_writer_actor spawn_storage_writer(caf::actor_system& system, storage_worker_args args) {
  return args.world->config.own_threads
           ? system.spawn<storage_writer, caf::detached>(std::move(args))
           : system.spawn<storage_writer>(std::move(args));
}

storage_reader_actor spawn_storage_reader(caf::actor_system& system, storage_worker_args args) {
  return args.world->config.own_threads
           ? system.spawn<storage_reader, caf::detached>(std::move(args))
           : system.spawn<storage_reader>(std::move(args));
}

} // namespace actors
