#include "actors/session_body.hpp"
#include "domain/json.hpp"
#include "domain/limits.hpp"

#include <algorithm>
#include <utility>

namespace actors {

namespace {

constexpr std::chrono::seconds closing_time{
  1}; // for commands that are under way when a session is closed

} // namespace

session::session(caf::actor_config& config, session_args args)
    : pinned(config, args.home, &args.world->live), world_(std::move(args.world)),
      id_(std::move(args.id)), who_(std::move(args.who)), connection_(args.connection),
      since_(world_->clock->now()) {}

session_actor::behavior_type session::make_behavior() {
  return {
    [this](session_command& what) { run(what); },
    [this](const session_detach& what) { detach(what); },
    [this](session_attach& what) { return attach(what); },
    [this](const session_close& what) { close(what.why); },
    [this](const session_revoke& what) {
      if (who_.login == what.login)
        close(domain::close_code::invalid_token);
    },
    [this](const room_lost& what) { lose_room(what.room); },
    [this](const session_view_query&) { return view(); },
    [this](const session_tick&) { tick(); },
  };
}

// Whatever ends it: nobody may be left behind in a room, and no connection without its session.
bool session::cleanup(caf::error&& reason, caf::execution_unit* host) {
  if (!is_ended_)
    release(domain::close_code::internal);
  return pinned::cleanup(std::move(reason), host);
}

void session::end(domain::close_code why) {
  release(why);
  quit();
}

void session::release(domain::close_code why) {
  is_ended_ = true;
  if (!connection_.is_none() && why != domain::close_code::normal)
    world_->out->close(connection_, why);
  connection_ = {};
  leave_rooms();
  places_.clear();
  world_->sessions.remove(id_);
  alive_ = nullptr;
}

// -- losing and finding a connection --------------------------------------------------------------

void session::detach(const session_detach& what) {
  if (what.connection != connection_ || is_ended_)
    return;
  if (what.recoverable && closing_ == domain::close_code::normal)
    return become_detached(world_->clock->steady());
  connection_ = {};
  end(domain::close_code::normal);
}

void session::become_detached(domain::steady_time since) {
  connection_ = {};
  detached_at_ = since;
  world_->sessions.note_detached(id_, since);
  alive_ = caf::strong_actor_ptr{ctrl()};
  schedule();
}

caf::result<session_attached> session::attach(session_attach& what) {
  if (is_ended_ || closing_ != domain::close_code::normal)
    return to_caf({domain::errc::unavailable, "The session has ended", {}, {}});
  if (what.principal.user != who_.user)
    return to_caf({domain::errc::unauthorized, "The session belongs to another user", {}, {}});
  if (!connection_.is_none() && connection_ != what.connection)
    world_->out->close(connection_, domain::close_code::replaced);
  const auto was_detached_at = std::min(detached_at_, world_->clock->steady());
  connection_ = what.connection;
  who_ = std::move(what.principal);
  take_forbidden_topics(); // the new connection is subscribed to those of the answer
  detached_at_ = domain::steady_time::max();
  world_->sessions.note_detached(id_, detached_at_);
  alive_ = nullptr;
  is_absent_ = false;
  move_home(what.home);
  schedule();
  auto promise = make_response_promise<session_attached>();
  if (places_.empty()) {
    promise.deliver(session_attached{id_, topics(), facts()});
    return promise;
  }
  // Every room is asked again whether this user may be in it. All of them must answer: a room that
  // could not be asked would be a silent gap, so the client gets a fresh session instead.
  struct check {
    std::size_t left;
    bool is_known = true;
  };
  auto all = std::make_shared<check>(check{places_.size()});
  auto count_down = [this, all, promise, was_detached_at, connection = connection_]() mutable {
    if (--all->left > 0)
      return;
    if (all->is_known) {
      promise.deliver(session_attached{id_, topics(), facts()});
      return;
    }
    if (connection_ == connection)
      become_detached(was_detached_at);
    promise.deliver(to_caf({domain::errc::unavailable, "The rooms could not be asked", {}, {}}));
  };
  std::vector<domain::room_id> rooms;
  for (auto& each : places_) {
    rooms.push_back(each.id);
    each.now = place::stage::entering;
  }
  for (const auto& room : rooms) {
    auto question = join_question(std::nullopt);
    question.connection =
      {}; // net/ subscribes it with the topics of the answer, when what was missed is collected
    question.snapshot = false;
    enter(
      room, std::move(question), [count_down](room_joined&) mutable { count_down(); },
      [all, count_down](const caf::error& why) mutable {
        const auto code = from_caf(why).code;
        all->is_known =
          all->is_known && (code == domain::errc::not_found || code == domain::errc::forbidden);
        count_down();
      });
  }
  return promise;
}

void session::close(domain::close_code why) {
  if (is_ended_)
    return;
  const bool is_polite =
    why == domain::close_code::shutdown || why == domain::close_code::going_away;
  if (!is_polite || unanswered_ == 0)
    return end(why);
  closing_ = why; // what was accepted is answered first
  close_by_ = world_->clock->steady() + closing_time;
  schedule();
}

// -- rooms that end -------------------------------------------------------------------------------

void session::lose_room(const domain::room_id& id) {
  auto* lost = find_place(id);
  if (lost == nullptr || lost->now != place::stage::inside)
    return;
  lost->room = nullptr;
  lost->now = place::stage::lost;
  schedule();
}

void session::leave_rooms() {
  if (is_absent_)
    return;
  for (const auto& each : places_)
    if (each.room) // also while it is being entered: the room takes both in order
      caf::anon_send(each.room, room_leave{who_.user, id_, {}});
}

// -- time -----------------------------------------------------------------------------------------

domain::steady_time session_deadline(const surroundings& world, const domain::principal& who) {
  constexpr std::chrono::hours far{24 * 365}; // tokens may live for centuries; steady_time may not
  const auto left = who.expires_at + domain::limits::token_grace - world.clock->now();
  return world.clock->steady() + std::min<std::chrono::milliseconds>(left, far);
}

void session::schedule() {
  auto next = std::min(session_deadline(*world_, who_), close_by_);
  if (detached_at_ != domain::steady_time::max())
    next = std::min(
      next, detached_at_ + (is_absent_ ? world_->config.resume_window
                                       : std::min<std::chrono::milliseconds>(
                                         domain::limits::presence_grace, world_->config.resume_window)));
  const bool has_lost = std::any_of(places_.begin(), places_.end(), [](const place& each) {
    return each.now == place::stage::lost;
  });
  if (has_lost && !is_absent_)
    next = world_->clock->steady(); // with the next sweep: not at once, so that a room that keeps
                                    // failing can't spin
  world_->sessions.wake_at(id_, next);
}

void session::tick() {
  if (is_ended_)
    return;
  const auto now = world_->clock->steady();
  if (close_by_ <= now)
    return end(closing_);
  if (session_deadline(*world_, who_) <= now)
    return end(domain::close_code::invalid_token);
  if (detached_at_ != domain::steady_time::max()) {
    if (detached_at_ + world_->config.resume_window <= now)
      return end(domain::close_code::normal);
    if (!is_absent_ && detached_at_ + domain::limits::presence_grace <= now) {
      leave_rooms();
      is_absent_ = true;
    }
  }
  if (!is_absent_)
    enter_lost_rooms();
  schedule();
}

// -- to look at -----------------------------------------------------------------------------------

std::vector<domain::topic> session::topics() const {
  std::vector<domain::topic> result;
  result.reserve(places_.size() + free_topics_.size() + 2);
  result.push_back(domain::topic_of(who_.user));
  result.push_back(domain::everybody);
  for (const auto& each : places_)
    if (each.now != place::stage::entering || each.was_inside)
      result.push_back(domain::topic_of(each.id));
  for (const auto& each : watched_)
    result.push_back(domain::topic_of(each));
  result.insert(result.end(), free_topics_.begin(), free_topics_.end());
  return result;
}

/// Its token's traits, and what the client added to them.
domain::session_facts session::facts() const {
  if (who_.traits == nullptr || own_traits_ == nullptr)
    return {who_.role, who_.traits != nullptr ? who_.traits : own_traits_};
  return {who_.role, std::make_shared<domain::traits>(combine(*who_.traits, *own_traits_))};
}

session_view session::view() const {
  return {id_, who_.user, who_.username, !connection_.is_none(), topics(), since_};
}

std::string session::snapshot() const {
  std::string rooms = "[";
  for (const auto& each : places_) {
    if (rooms.size() > 1)
      rooms += ',';
    domain::append_json_string(rooms, each.id.value);
  }
  return domain::json_object{}
    .text("sessionId", id_.value)
    .text("userId", who_.user.value)
    .text("username", who_.username)
    .text("role", domain::to_string(who_.role))
    .boolean("connected", !connection_.is_none())
    .raw("rooms", rooms + ']')
    .number("topics", std::uint64_t{free_topics_.size()})
    .number("unanswered", std::uint64_t{unanswered_})
    .text("since", domain::to_iso8601(since_))
    .text("tokenExpiresAt", domain::to_iso8601(who_.expires_at))
    .take();
}

session_actor spawn_session(caf::actor_system& system, session_args args) {
  return system.spawn<session, caf::lazy_init>(std::move(args));
}

} // namespace actors
