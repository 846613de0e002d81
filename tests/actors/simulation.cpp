#include "domain/limits.hpp"
#include "tests/support/simulated_node.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <set>

// Sessions, a room and a repository that fails in every way it can, in a random order of events.
// After each single step: what is shown is stored, in seq order, without holes, each once; what is
// acknowledged is stored, and one clientId has one seq; every command has one answer. In the end
// nothing is missing.
namespace {

using namespace std::chrono_literals;

constexpr const char* room_id = "lobby";

struct chance {
  std::mt19937_64 engine;
  explicit chance(std::uint64_t seed) : engine(seed) {}
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine() % n); }
  bool percent(unsigned n) { return below(100) < n; }
};

/// What the two repositories share: the truth, and how to fail.
struct faulty_store {
  support::memory_storage tables;
  chance* random = nullptr;
  bool is_calm = false;
  std::vector<std::function<void()>> held; // answers that come later, in any order
  caf::weak_actor_ptr last_room;
  std::size_t writes = 0;

  void release(std::size_t index) {
    auto one = std::move(held[index]);
    held.erase(held.begin() + static_cast<std::ptrdiff_t>(index));
    one();
  }
  void kill_room() {
    if (auto room = last_room.lock())
      caf::anon_send_exit(room, caf::exit_reason::kill);
  }
};

/// An answer that is given outside of the answering actor's turn, which CAF's promises can't be.
struct late_answer {
  caf::strong_actor_ptr whom;
  caf::message_id question;

  template <class Answer>
  void deliver(domain::result<Answer> what) const {
    auto content =
      what ? caf::make_message(*std::move(what)) : caf::make_message(actors::to_caf(what.error()));
    if (whom != nullptr)
      whom->enqueue(nullptr, question.response_id(), std::move(content), nullptr);
  }
};

template <class Handle>
class faulty_repository : public Handle::base {
public:
  faulty_repository(caf::actor_config& config, std::shared_ptr<faulty_store> store)
      : Handle::base(config), store_(std::move(store)), reader_(store_->tables.open_reader()) {}

protected:
  static domain::error problem(domain::errc code) { return {code, "simulated", {}, {}}; }

  template <class Answer>
  static void deliver(caf::typed_response_promise<Answer>& answer, domain::result<Answer> what) {
    if (what)
      answer.deliver(*std::move(what));
    else
      answer.deliver(actors::to_caf(what.error()));
  }

  caf::result<persistence::written> write(actors::write_change& change) {
    auto& store = *store_;
    ++store.writes;
    const late_answer late{this->current_sender(), this->current_message_id()};
    auto answer = this->template make_response_promise<persistence::written>();
    const bool is_append = std::holds_alternative<persistence::append_message>(change.what);
    if (is_append && this->current_sender() != nullptr)
      store.last_room = caf::actor_cast<caf::weak_actor_ptr>(this->current_sender());
    const auto apply = [&] { return store.tables.apply(change.what); };
    switch (store.is_calm ? 99 : store.random->below(100)) {
    case 0:
    case 1:
    case 2: // stored, but nobody knows
      apply();
      answer.deliver(actors::to_caf(problem(domain::errc::retry)));
      return answer;
    case 3:
    case 4:
    case 5: // not stored, and nobody knows
      answer.deliver(actors::to_caf(problem(domain::errc::retry)));
      return answer;
    case 6:
    case 7: // stored, and silence
      apply();
      return answer;
    case 8: // silence
      return answer;
    case 9:
    case 10:
    case 11: // a clear no
      answer.deliver(actors::to_caf(problem(domain::errc::overloaded)));
      return answer;
    case 12:
    case 13: // another owner
      ++store.tables.room_of(room_id).epoch;
      break;
    case 14:
    case 15: // stored, and the room fails before it hears of it
      deliver(answer, apply());
      store.kill_room();
      return answer;
    default:
      break;
    }
    if (!store.is_calm && store.random->percent(15)) { // done late
      store.held.push_back([store_ptr = store_, what = std::move(change.what), late] {
        late.deliver(store_ptr->tables.apply(what));
      });
      return answer;
    }
    auto outcome = apply();
    if (!store.is_calm && store.random->percent(15)) // answered late
      store.held.push_back([outcome, late] { late.deliver(outcome); });
    else
      deliver(answer, outcome);
    return answer;
  }

  template <class Answer, class Read>
  caf::result<Answer> read(Read get) {
    const late_answer late{this->current_sender(), this->current_message_id()};
    auto answer = this->template make_response_promise<Answer>();
    if (!store_->is_calm && store_->random->percent(4))
      return answer; // silence
    domain::result<Answer> found = get(*reader_);
    if (!store_->is_calm && store_->random->percent(10))
      store_->held.push_back([found, late] { late.deliver(found); });
    else
      deliver(answer, found);
    return answer;
  }

private:
  std::shared_ptr<faulty_store> store_;
  std::unique_ptr<persistence::reader> reader_;
};

class faulty_rooms final : public faulty_repository<actors::room_repository_actor> {
public:
  using faulty_repository::faulty_repository;
  actors::room_repository_actor::behavior_type make_behavior() override {
    using persistence::reader;
    return {
      [this](actors::write_change& c) { return write(c); },
      [this](const actors::find_room& q) {
        return read<actors::found_room>(
          [&](reader& r) { return actors::found_room{*r.room(q.id)}; });
      },
      [this](const actors::find_member& q) {
        return read<actors::found_member>([&](reader& r) -> domain::result<actors::found_member> {
          auto found = r.member(q.room, q.user);
          if (!found)
            return problem(domain::errc::not_found);
          return actors::found_member{*found};
        });
      },
      [](const actors::list_rooms&) { return persistence::room_page{}; },
      [](const actors::list_members&) { return actors::member_list{}; },
    };
  }
};

class faulty_messages final : public faulty_repository<actors::message_repository_actor> {
public:
  using faulty_repository::faulty_repository;
  actors::message_repository_actor::behavior_type make_behavior() override {
    using persistence::reader;
    return {
      [this](actors::write_change& c) { return write(c); },
      [this](const actors::load_events& q) {
        return read<actors::event_list>([&](reader& r) {
          return actors::event_list{
            q.newest ? r.recent_events(q.room, q.limit) : r.events(q.room, q.after, q.limit)};
        });
      },
      [](const actors::load_messages&) { return persistence::message_page{}; },
      [](const actors::find_message&) { return actors::found_message{}; },
    };
  }
};

/// One run of one seed over a system that is used again and again.
class run_of {
public:
  run_of(support::simulated_system& world, std::uint64_t seed, actors::planted_defect defect)
      : sim_(world), random_(seed) {
    store_->random = &random_;
    store_->tables.add_room(room_id);
    node_->clock = &sim_.clock;
    node_->ids = &ids_;
    node_->random = &tokens_;
    node_->log = &log_;
    node_->out = &outbox_;
    node_->config.rates.messages = node_->config.rates.joins = {};
    node_->config.defect = defect;
    outbox_.watcher = [this](const auto& entry) { check(entry); };
    node_->book.put(actors::room_repository_actor{sim_.system.spawn<faulty_rooms>(store_)});
    node_->book.put(actors::message_repository_actor{sim_.system.spawn<faulty_messages>(store_)});
    node_->book.put(actors::spawn_room_directory(sim_.system, node_));
    directory_ = node_->book.directory();
    for (std::size_t i = 0; i < 2 + random_.below(2); ++i)
      clients_.push_back(make_client(i));
  }
  ~run_of() {
    for (auto& c : clients_)
      caf::anon_send_exit(c.session, caf::exit_reason::kill);
    caf::anon_send_exit(directory_, caf::exit_reason::kill);
    caf::anon_send_exit(node_->book.rooms(), caf::exit_reason::kill);
    caf::anon_send_exit(node_->book.messages(), caf::exit_reason::kill);
    node_->book.clear();
    directory_ = nullptr;
    store_->kill_room();
    outbox_.watcher = [](const auto&) {};
    clients_.clear();
    sim_.scheduler.clock().cancel_all();
    sim_.run();
    store_->held.clear();
    sim_.run();
  }

  /// The first thing that was wrong; empty: nothing.
  std::string play() {
    const auto steps = 25 + random_.below(25);
    for (std::size_t i = 0; i < steps && broken_.empty(); ++i)
      step();
    store_->is_calm = true;
    for (int i = 0; i < 60 && broken_.empty() && !is_done(); ++i) {
      while (!store_->held.empty())
        store_->release(0);
      for (auto& c : clients_)
        keep_going(c);
      run_shuffled(100'000);
      pass(500ms);
      run_shuffled(100'000);
    }
    if (broken_.empty())
      check_the_end();
    return broken_;
  }

private:
  struct client {
    domain::principal who;
    domain::session_id id;
    actors::connection_ref connection;
    actors::session_actor session;
    bool is_joined = false;
    bool is_joining = false;
    bool is_away = false;
    std::set<std::string> unsent;              // clientIds to be sent (again)
    std::map<std::string, domain::seq> stored; // acknowledged
  };
  struct command {
    std::size_t client = 0;
    std::string client_id; /* empty: a join */
  };

  client make_client(std::size_t index) {
    client c;
    const auto name = std::to_string(index);
    c.who = {domain::user_id{"usr_" + name}, name, name, {}, domain::role::user,
             sim_.clock.now() + 24h};
    c.id = domain::session_id{"ses_" + name};
    c.connection = {0, static_cast<std::uint32_t>(index + 1), 1};
    c.session = actors::spawn_session(sim_.system, {node_, c.id, c.who, c.connection, nullptr});
    node_->sessions.add({c.id, c.id.value, c.who.user, name, sim_.clock.now(), c.session});
    return c;
  }

  // -- what happens --

  void step() {
    const auto what = random_.below(100);
    auto& c = clients_[random_.below(clients_.size())];
    if (what < 35 && c.is_joined)
      c.unsent.insert("c" + std::to_string(random_.below(1'000'000)));
    else if (what < 40)
      pass(std::chrono::milliseconds{random_.below(5'000)});
    else if (what < 43)
      store_->kill_room();
    else if (what < 55 && !store_->held.empty())
      store_->release(random_.below(store_->held.size()));
    else if (what < 58 && c.is_joined && !c.is_away)
      start(c, domain::set_typing{domain::room_id{room_id}, random_.percent(60)}, {});
    else if (what < 61 && !c.is_away) {
      caf::anon_send(c.session, actors::session_detach{c.connection, true});
      c.is_away = true;
    }
    keep_going(c);
    run_shuffled(random_.below(40));
  }

  void keep_going(client& c) {
    if (c.is_away) {
      if (!store_->is_calm && random_.percent(70))
        return;
      ++c.connection.generation;
      c.is_away = false;
      // The answer is not waited for: what comes next waits in the session anyway.
      caf::anon_send(c.session, actors::session_attach{c.connection, c.who, nullptr});
    }
    if (!c.is_joined && !c.is_joining) {
      c.is_joining = true;
      start(c, domain::join_room{domain::room_id{room_id}, std::nullopt}, {});
    }
    if (!c.is_joined)
      return;
    auto unsent = std::exchange(c.unsent, {});
    for (const auto& client_id : unsent)
      start(
        c, domain::send_message{domain::room_id{room_id}, {"text", client_id, {}, {}}}, client_id);
  }

  void start(client& c, domain::command what, const std::string& client_id) {
    const auto ack = std::to_string(++acks_);
    const char* name = std::holds_alternative<domain::join_room>(what) ? "join"
                       : client_id.empty()                             ? "typing"
                                                                       : "send";
    open_[ack] = {static_cast<std::size_t>(&c - clients_.data()), client_id};
    caf::anon_send(c.session, actors::session_command{{c.connection, ack, name}, std::move(what)});
  }

  void pass(std::chrono::milliseconds time) {
    for (; time.count() > 0; time -= std::min<std::chrono::milliseconds>(time, 500ms)) {
      const auto now = std::min<std::chrono::milliseconds>(time, 500ms);
      sim_.clock.advance(now);
      sim_.scheduler.advance_time(now);
      for (const auto& due : node_->sessions.due(sim_.clock.steady()))
        caf::anon_send(due, actors::session_tick{});
      run_shuffled(30);
    }
  }

  void run_shuffled(std::size_t jobs) {
    auto& queue = sim_.scheduler.jobs;
    for (std::size_t i = 0; i < jobs && !queue.empty(); ++i) {
      std::swap(queue.front(), queue[random_.below(queue.size())]);
      sim_.scheduler.run_once();
    }
  }

  // -- what must hold --

  void fail(const std::string& what) {
    if (broken_.empty())
      broken_ = what;
  }

  void check(const support::recording_outbox::entry& entry) {
    using kind = support::recording_outbox::kind;
    if (entry.what == kind::event && entry.event->name == "new-message")
      check_shown(*entry.event);
    else if (
      entry.what == kind::event && entry.event->name == "user-typing" && !store_->is_calm
      && random_.percent(10))
      throw std::runtime_error("simulated failure of a handler"); // the room dies of it
    else if (entry.what == kind::answer)
      check_answer(entry);
  }

  void check_shown(const domain::event& shown) {
    const auto& log = store_->tables.room_of(room_id).log;
    if (shown.seq != shown_ + 1)
      return fail("shown " + std::to_string(shown.seq) + " after " + std::to_string(shown_));
    if (shown.seq > log.size())
      return fail("shown, but not stored: " + std::to_string(shown.seq));
    if (shown.data != domain::shown_data(log[shown.seq - 1]))
      return fail("shown other than stored: " + std::to_string(shown.seq));
    shown_ = shown.seq;
  }

  void check_answer(const support::recording_outbox::entry& entry) {
    const auto found = open_.find(entry.ack);
    if (found == open_.end())
      return fail("answered twice: " + entry.name);
    const auto what = found->second;
    open_.erase(found);
    auto& c = clients_[what.client];
    if (entry.name == "join") {
      c.is_joining = false;
      c.is_joined = entry.ok;
    } else if (entry.name == "send") {
      if (entry.ok)
        check_acknowledged(c, what.client_id, entry.json);
      else if (entry.json.find("\"retryable\":true") == std::string::npos)
        fail("refused for good: " + entry.json);
      else
        c.unsent.insert(what.client_id);
    }
  }

  void check_acknowledged(client& c, const std::string& client_id, const std::string& json) {
    const auto seq = std::strtoull(json.c_str() + json.find("\"seq\":") + 6, nullptr, 10);
    const auto& log = store_->tables.room_of(room_id).log;
    if (seq == 0 || seq > log.size())
      return fail("acknowledged, but not stored: " + std::to_string(seq));
    const auto& body = log[seq - 1].body;
    if (
      log[seq - 1].actor != c.who.user
      || body.find("\"clientId\":\"" + client_id + '"') == std::string::npos)
      return fail("acknowledged with the seq of another message: " + std::to_string(seq));
    if (const auto [known, is_new] = c.stored.emplace(client_id, seq);
        !is_new && known->second != seq)
      fail("one clientId, two seqs");
  }

  bool is_done() const {
    return open_.empty() && shown_ == store_->tables.rooms.at(domain::room_id{room_id}).log.size()
           && std::all_of(clients_.begin(), clients_.end(), [](const client& c) {
                return c.is_joined && c.unsent.empty();
              });
  }

  void check_the_end() {
    const auto& log = store_->tables.room_of(room_id).log;
    if (!open_.empty())
      return fail("never answered: " + std::to_string(open_.size()));
    if (shown_ != log.size())
      return fail("stored " + std::to_string(log.size()) + ", but shown " + std::to_string(shown_));
    std::set<std::string> seen;
    for (const auto& e : log) {
      const auto at = e.body.find("\"clientId\":");
      if (!seen.insert(e.actor.value + e.body.substr(at, e.body.find('"', at + 12) - at)).second)
        return fail("stored twice: " + std::to_string(e.seq));
    }
    std::size_t acknowledged = 0;
    for (const auto& c : clients_)
      acknowledged += c.stored.size();
    if (acknowledged != log.size())
      fail(
        "stored " + std::to_string(log.size()) + ", acknowledged " + std::to_string(acknowledged));
  }

  support::simulated_system& sim_;
  chance random_;
  std::shared_ptr<faulty_store> store_ = std::make_shared<faulty_store>();
  std::shared_ptr<actors::surroundings> node_ = std::make_shared<actors::surroundings>();
  support::counting_ids ids_;
  support::counting_random tokens_;
  support::quiet_log log_;
  support::recording_outbox outbox_;
  actors::room_directory_actor directory_;
  std::vector<client> clients_;
  std::map<std::string, command> open_; // commands without an answer, by acknowledgement
  std::size_t acks_ = 0;
  domain::seq shown_ = 0;
  std::string broken_;
};

std::optional<std::uint64_t> number_from(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? std::nullopt : std::optional{std::strtoull(text, nullptr, 10)};
}

} // namespace

TEST_CASE(
  "under any order of faults nothing acknowledged is lost, doubled or out of order",
  "[simulation]") {
  support::simulated_system world;
  const auto only = number_from("TROUPE_TEST_SEED");
  const auto first = only.value_or(1);
  const auto count = only ? 1 : number_from("TROUPE_TEST_SEEDS").value_or(10'000);
  for (auto seed = first; seed < first + count; ++seed) {
    run_of run{world, seed, actors::planted_defect::none};
    if (const auto broken = run.play(); !broken.empty())
      FAIL("TROUPE_TEST_SEED=" << seed << ": " << broken);
  }
  std::cout << "simulation: " << count << " seeds from " << first << std::endl;
}

TEST_CASE("the simulation sees what is wrong when it is planted", "[simulation]") {
  const auto defect = GENERATE(
    actors::planted_defect::acknowledge_before_commit, actors::planted_defect::no_unique_key);
  support::simulated_system world;
  std::string broken;
  for (std::uint64_t seed = 1; seed <= 200 && broken.empty(); ++seed) {
    run_of run{world, seed, defect};
    broken = run.play();
  }
  CHECK_FALSE(broken.empty());
}
