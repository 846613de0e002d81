#include "net/client.hpp"

#include "actors/node.hpp"
#include "domain/json.hpp"
#include "domain/limits.hpp"
#include "net/delivery.hpp"
#include "net/journal.hpp"
#include "net/recovery.hpp"
#include "net/services.hpp"
#include "net/shard.hpp"
#include "net/topics.hpp"
#include "net/trail.hpp"

#include <caf/all.hpp>

#include <limits>

namespace net {

namespace {

constexpr std::size_t backlog_max =
  domain::limits::polling_packets + domain::limits::unanswered_commands;
constexpr std::size_t held_max = 10'000;

/// Its answer may be as large as `catch_up_bytes`.
bool brings_much(const domain::command& what) {
  return std::holds_alternative<domain::join_room>(what)
         || std::holds_alternative<domain::sync_rooms>(what);
}

/// The wire names of those.
bool brought_much(std::string_view command) {
  return command == "join-room" || command == "sync";
}

} // namespace

client::client(shard& home, encoding protocol, std::string address)
    : home_(home), protocol_(protocol), credits_(domain::limits::unanswered_commands),
      address_(std::move(address)) {}

client::~client() = default;

void client::answer(const actors::reply_to& where, const actors::reply& what) {
  if (is_closed_)
    return;
  if (auto& trace = home_.context().trace; trace.is_on())
    trace.answer(party(), where.command, where.ack, what.ok, what.json);
  auto was_paused = is_paused();
  ++credits_;
  if (brought_much(where.command))
    is_catching_up_ = false;
  on_answer(where, what);
  send_waiting();
  if (was_paused && !is_paused() && !is_closed_)
    on_resume();
}

bool client::may_send(const domain::command& what) const {
  if (credits_ == 0)
    return false;
  return !brings_much(what) || (!is_catching_up_ && queue_.bytes() <= home_.queue_bytes_max() / 4);
}

/// To be called when there is a credit more, and behind each flush.
void client::send_waiting() {
  while (backlog_ != nullptr && may_send(backlog_->front().second)) {
    auto next = std::move(backlog_->front());
    backlog_->pop_front();
    if (backlog_->empty())
      backlog_.reset();
    send(std::move(next.first), std::move(next.second));
  }
  note_backlog();
}

void client::note_backlog() {
  is_waiting_ = backlog_ != nullptr;
  is_crowded_ = is_waiting_ && backlog_->size() >= domain::limits::unanswered_commands;
}

void client::on_flushed() {
  if (!is_waiting_ || is_closed_)
    return;
  const auto was_paused = is_paused();
  send_waiting();
  if (was_paused && !is_paused() && !is_closed_)
    on_resume();
}

void client::submit(actors::reply_to origin, domain::command what) {
  origin.connection = ref_;
  if (backlog_ == nullptr && may_send(what)) {
    send(std::move(origin), std::move(what));
    return;
  }
  // Where reading has paused, what was already read (a polling body of many packets) waits here.
  if (backlog_ == nullptr)
    backlog_ = std::make_unique<std::deque<std::pair<actors::reply_to, domain::command>>>();
  if (backlog_->size() >= backlog_max) {
    on_answer(
      origin,
      actors::make_reply(domain::error{
        domain::errc::overloaded, "Too many commands at once", {}, std::chrono::seconds{1}}));
    return;
  }
  backlog_->emplace_back(std::move(origin), std::move(what));
  note_backlog();
}

void client::send(actors::reply_to origin, domain::command what) {
  if (!session_) {
    on_answer(
      origin,
      actors::make_reply(domain::error{domain::errc::unauthorized, "Please authenticate", {}, {}}));
    return;
  }
  if (auto& trace = home_.context().trace; trace.is_on())
    trace.command(party(), what, origin.ack);
  --credits_;
  if (brings_much(what))
    is_catching_up_ = true;
  caf::anon_send(session_, actors::session_command{std::move(origin), std::move(what)});
}

void client::enqueue(std::span<const frame_ptr> unit, const handling& how) {
  if (is_closed_ || is_overflowed_)
    return;
  std::size_t bytes = 0;
  for (const auto& each : unit)
    bytes += each->bytes.size();
  const auto max = home_.queue_bytes_max();
  const bool is_full = queue_.bytes() + bytes > max;
  if ((is_full || (how.is_volatile && queue_.bytes() > max / 2)) && !make_room(bytes, how))
    return;
  if (queue_.push(unit, how)) {
    home_.stats.conflated.fetch_add(1, std::memory_order_relaxed);
    if (auto& trace = home_.context().trace; trace.is_on())
      trace.dropped(party(), how.topic != nullptr ? *how.topic : std::string_view{}, "conflated");
  }
  become_dirty();
}

void client::become_dirty() {
  if (!is_dirty_)
    home_.become_dirty(*this);
}

void client::tell_drain() {
  constexpr std::uint32_t soonest = 1'000, spread = 4'000;
  const auto mixed = (ref_.slot + 1) * 2'654'435'761u; // neighbours far apart
  on_emit(
    "server-drain", domain::json_object{}
                      .number("reconnectIn", std::uint64_t{soonest + (mixed >> 8) % spread})
                      .take());
}

void client::hold(const domain::event_ptr& what, std::uint64_t position) {
  if (is_overflowed_)
    return;
  if (held_->size() < held_max) {
    held_->push_back({what, position});
    return;
  }
  is_overflowed_ = true; // resumes by seq instead
  home_.overflowed(*this);
}

bool client::is_let_in(const sign_in_handler& refused) {
  auto& context = home_.context();
  auto wait = context.gate.take_connect(address_, context.node.outside().clock->steady());
  if (wait.count() > 0)
    refused(domain::error{
      domain::errc::rate_limited, "Too many connections from this address", {}, wait});
  return wait.count() == 0;
}

void client::sign_in(const domain::principal& who, const sign_in_handler& done) {
  if (is_let_in(done))
    open_fresh(who, done);
}

void client::sign_in(std::string token, sign_in_handler done) {
  if (is_let_in(done))
    verify(std::move(token), std::move(done));
}

void client::verify(std::string token, sign_in_handler done) {
  auto& context = home_.context();
  context.ask.ask<domain::principal>(
    context.node.authenticator(), domain::limits::query_timeout,
    actors::verify_token{std::move(token)},
    [self = shared_from_this(), done](domain::principal& who) {
      if (!self->is_closed_)
        self->open_fresh(who, done);
    },
    [self = shared_from_this(), done](const domain::error& why) {
      if (!self->is_closed_)
        done(why);
    });
}

bool client::take_place(const sign_in_handler& refused) {
  auto& context = home_.context();
  const auto max = context.config.connections_per_address_max;
  is_counted_ = is_counted_ || context.gate.enter(address_, max);
  if (!is_counted_)
    refused(domain::error{
      domain::errc::overloaded,
      "Too many connections from this address",
      {},
      std::chrono::seconds{1}});
  return is_counted_;
}

void client::open_fresh(const domain::principal& who, const sign_in_handler& done) {
  auto& node = home_.context().node;
  if (!take_place(done))
    return;
  auto id = node.outside().ids->next_session();
  auto pid = node.outside().random->token(18);
  auto opened = node.open_session(who, id, pid, ref_, home_.unit());
  if (!opened) {
    done(opened.error());
    return;
  }
  session_ = *opened;
  user_ = who.user;
  set_facts({who.role, who.traits});
  session_id_ = id.value; // first: what it subscribes to is noted under it
  subscribe_to_own();
  pid_ = std::move(pid);
  stretch_ = {.from = home_.recent().position()};
  last_marked_ = unordered_until_ = 0;
  home_.remember_pid(*this);
  home_.past().note(trail::kind::connected, *this, {});
  if (auto& trace = home_.context().trace; trace.is_on())
    trace.connected(party());
  done(signed_in{session_id_, pid_, false, {}});
}

void client::set_facts(domain::session_facts facts) {
  facts_ = std::move(facts);
  home_.subscribers().locate(*this);
}

/// As every signed-in connection: what is for this user, and what is for all.
void client::subscribe_to_own() {
  const std::vector<domain::topic> own{domain::topic_of(user_), domain::everybody};
  home_.context().out.count_interest(home_, own);
  for (const auto& topic : own)
    home_.subscribe_now(*this, topic);
}

void client::recover(std::string token, std::string pid, std::string offset, sign_in_handler done) {
  recovery::start(shared_from_this(), std::move(token), std::move(pid), offset, std::move(done));
}

void client::note_end(std::string_view why, bool recoverable) {
  home_.past().note(trail::kind::closed, *this, {}, queue_.bytes() + queue_.handed_over(), why);
  if (auto& trace = home_.context().trace; trace.is_on())
    trace.disconnected(party(), why, recoverable);
}

void client::sign_out(std::string_view why) {
  if (is_closed_ || !session_)
    return;
  caf::anon_send(session_, actors::session_detach{ref_, false});
  session_ = actors::session_actor{};
  backlog_.reset();
  note_backlog();
  is_catching_up_ = false;
  gaps_.reset();
  credits_ = domain::limits::unanswered_commands;
  note_end(why, false);
  // Under a new name: what the old session still says or unsubscribes concerns nobody.
  auto self = shared_from_this();
  home_.detach(ref_);
  user_ = {};
  facts_ = {};
  session_id_.clear();
  pid_.clear();
  home_.attach(std::move(self));
}

void client::park() {
  std::vector<domain::topic> kept;
  for (auto& [entry, index] : subscriptions_)
    kept.push_back(entry->name);
  if (last_marked_ != 0)
    stretch_.last = {home_.index(), last_marked_};
  stretch_.until = home_.recent().position();
  // A gap that was not told yet would stay silent.
  constexpr auto never = std::numeric_limits<std::uint64_t>::max();
  stretch_.unordered_until = gaps_ != nullptr ? never : unordered_until_;
  home_.park(pid_, std::move(kept), stretch_);
}

void client::closed(bool recoverable, std::string_view why) {
  if (is_closed_)
    return;
  is_closed_ = true;
  if (is_counted_)
    home_.context().gate.leave(address_, home_.context().config.connections_per_address_max);
  if (session_) {
    note_end(why, recoverable);
    if (recoverable && !pid_.empty()) // none: it was only about to take a session over
      park();
    caf::anon_send(session_, actors::session_detach{ref_, recoverable});
    session_ = actors::session_actor{};
  }
  queue_.clear();
  backlog_.reset();
  held_.reset();
  gaps_.reset();
  home_.detach(ref_);
}

} // namespace net
