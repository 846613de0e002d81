#include "actors/room_body.hpp"
#include "domain/json.hpp"
#include "domain/limits.hpp"

#include <algorithm>
#include <utility>

namespace actors {

namespace {

constexpr std::size_t members_shown = 100; // in the answer to a join

/// The log as it was shown last; what is stored beyond that is shown by the constructor of `room`.
domain::room_log shown_log(const room_args& args) {
  const auto shown = args.shown->load();
  std::vector<domain::logged_event> known;
  for (const auto& e : args.recent)
    if (e.seq <= shown)
      known.push_back(e);
  return {args.room, args.epoch, shown, std::move(known)};
}

} // namespace

room::room(caf::actor_config& config, room_args args)
    : inspected(config, &args.world->live), args_(std::move(args)), id_(args_.room.id),
      topic_(domain::topic_of(id_)), log_(shown_log(args_)),
      idle_since_(args_.world->clock->steady()) {
  // Without the directory that knows it, this room would go on beside the one that the next
  // directory makes.
  set_down_handler([this](const caf::down_msg&) {
    quit(to_caf({domain::errc::unavailable, "The room directory went down", {}, {}}));
  });
}

room_actor::behavior_type room::make_behavior() {
  if (auto directory = args_.directory.lock())
    monitor(caf::actor_cast<caf::actor_addr>(directory));
  show(log_.reload(
    args_.epoch, args_.recent)); // stored by a predecessor that ended before it could show it
  args_.recent = {};
  arm();
  return {
    [this](room_join& question) { return join(question); },
    [this](const room_leave& question) { return leave(question); },
    [this](room_post& question) { return post(question); },
    [this](const room_typing& what) { type(what); },
    [this](const room_read& question) { return read(question); },
    [this](const room_state_query&) { return state(); },
    [this](const room_tick& timer) { tick(timer); },
  };
}

bool room::cleanup(caf::error&& reason, caf::execution_unit* host) {
  const domain::error restarted{
    domain::errc::retry, "The room was restarted; send the same clientId again", {}, {}};
  fail_pending(restarted);
  fail_waiting(restarted);
  if (present_.session_count() > 0)
    for (const auto& session : args_.world->sessions.all())
      caf::anon_send(
        session, room_lost{id_}); // nobody monitors a room: each session would stay in its memory
  present_ = {};
  if (auto directory = args_.directory.lock())
    demonitor(caf::actor_cast<caf::actor_addr>(directory));
  return inspected::cleanup(std::move(reason), host);
}

// -- entering and leaving -------------------------------------------------------------------------

caf::result<room_joined> room::join(room_join& question) {
  entry e{std::move(question), make_response_promise<room_joined>(), ++entries_};
  auto answer = e.answer;
  entering_.emplace(e.question.session, e.number);
  if (present_.has(e.question.who.user)) {
    admit(std::move(e), true);
    return answer;
  }
  const find_member query{id_, e.question.who.user};
  request(args_.world->book.rooms(), domain::limits::query_timeout, query)
    .then(
      [this, e](const found_member&) { admit(e, true); },
      [this, e](const caf::error& why) mutable {
        const auto problem = from_caf(why);
        if (problem.code != domain::errc::not_found)
          refuse(e, problem);
        else if (log_.meta().type == domain::room_type::open)
          admit(std::move(e), false);
        else
          refuse(e, hidden_or_forbidden());
      });
  return answer;
}

void room::refuse(entry& e, const domain::error& why) {
  entering_.erase({e.question.session, e.number});
  e.answer.deliver(to_caf(why));
}

// A public room takes everybody in, once.
void room::admit(entry e, bool is_member) {
  if (is_member || e.question.watch)
    return catch_up(std::move(e), {});
  persistence::add_member made{
    {id_, e.question.who.user, domain::room_role::member, args_.world->clock->now()}};
  request(args_.world->book.rooms(), domain::limits::append_timeout, write_change{std::move(made)})
    .then(
      [this, e](const persistence::written& outcome) {
        if (outcome.was_new)
          log_.set_member_count(log_.meta().member_count + 1);
        catch_up(e, {});
      },
      [this, e](const caf::error& why) mutable { refuse(e, from_caf(why)); });
}

// What was missed is read first, to the very end, so that entering, subscribing and answering are
// one turn.
void room::catch_up(entry e, std::vector<domain::logged_event> missed) {
  using source = domain::room_log::source;
  if (!e.question.after || !e.question.snapshot)
    return enter(e, nullptr, false);
  const auto have = missed.empty() ? *e.question.after : missed.back().seq;
  const auto left =
    domain::limits::sync_events - std::min(domain::limits::sync_events, missed.size());
  auto rest = log_.after(have, left);
  std::size_t bytes = 0; // an answer has messages twice: as such, and among the events
  for (const auto* part : {&missed, &rest.events})
    for (const auto& event : *part)
      bytes += event.body.size();
  if (rest.from == source::reset || bytes > args_.world->config.catch_up_bytes / 2)
    return enter(e, nullptr, true);
  if (rest.from == source::here) {
    missed.insert(missed.end(), rest.events.begin(), rest.events.end());
    return enter(e, &missed, false);
  }
  const load_events query{id_, have, left, false};
  request(args_.world->book.messages(), domain::limits::query_timeout, query)
    .then(
      [this, e, missed, until = rest.until](event_list& found) mutable {
        // Stored, but not shown yet: the subscription brings it.
        std::erase_if(found.events, [until](const auto& event) { return event.seq > until; });
        if (found.events.empty())
          return enter(e, nullptr, true);
        std::move(found.events.begin(), found.events.end(), std::back_inserter(missed));
        catch_up(std::move(e), std::move(missed));
      },
      [this, e](const caf::error& why) mutable { refuse(e, from_caf(why)); });
}

void room::enter(entry& e, const std::vector<domain::logged_event>* missed, bool is_reset) {
  const auto& question = e.question;
  if (question.watch)
    return watch(e, missed, is_reset);
  if (entering_.erase({question.session, e.number}) == 0) { // it left again meanwhile
    e.answer.deliver(
      to_caf({domain::errc::unavailable, "The room was left meanwhile", {}, {}})); // no verdict
    return;
  }
  const auto arrival = present_.enter(question.who, question.session);
  if (!question.connection.is_none())
    args_.world->out->subscribe(question.connection, topic_);
  e.answer.deliver(
    room_joined{question.snapshot ? describe_for(question, missed, is_reset) : std::string{}});
  if (arrival == domain::attendance::entry::first && !question.quiet)
    emit("user-joined", question.who, true);
}

// The recent ones; for a client that named what it has, those it missed.
std::vector<std::string> room::messages_for(const std::vector<domain::logged_event>* missed) const {
  if (missed == nullptr)
    return log_.recent_messages(
      domain::limits::join_messages, args_.world->config.catch_up_bytes / 2);
  std::vector<std::string> out;
  for (const auto& e : *missed)
    if (e.type == "new-message")
      out.push_back(domain::shown_data(e));
  return out;
}

std::string room::describe_for(
  const room_join& question, const std::vector<domain::logged_event>* missed, bool is_reset) const {
  const auto list = [](const auto& items, const auto& render) {
    std::string out = "[";
    for (const auto& item : items) {
      if (out.size() > 1)
        out += ',';
      out += render(item);
    }
    return out += ']';
  };
  const auto& meta = log_.meta();
  domain::json_object out;
  out.boolean("ok", true);
  out.raw(
    "room", domain::json_object{}
              .text("id", id_.value)
              .text("name", meta.name)
              .text("type", domain::to_string(meta.type))
              .number("memberCount", std::uint64_t{meta.member_count})
              .number("lastSeq", std::uint64_t{log_.last_seq()})
              .take());
  out.raw("messages", list(messages_for(missed), [](const auto& m) { return m; }));
  out.raw("members", list(present_.users(members_shown), [](const domain::member_ref& who) {
            return domain::json_object{}
              .text("userId", who.user.value)
              .text("username", who.username)
              .text("name", who.name)
              .text_or_null("avatar", who.avatar)
              .take();
          }));
  out.number("online", std::uint64_t{present_.user_count()});
  if (question.after) {
    const std::vector<domain::logged_event> none;
    out.raw("events", list(missed != nullptr ? *missed : none, [](const auto& e) {
              return domain::to_json(e);
            }));
    out.boolean("reset", is_reset);
  }
  return out.take();
}

room_left room::leave(const room_leave& question) {
  std::erase_if(entering_, [&](const auto& each) { return each.first == question.session; });
  const auto gone = present_.leave(question.user, question.session);
  if (!question.connection.is_none())
    args_.world->out->unsubscribe(question.connection, topic_);
  if (gone) {
    if (typing_.stop(gone->user))
      emit("user-stopped-typing", *gone, true);
    emit("user-left", *gone, false);
  }
  if (present_.session_count() == 0)
    idle_since_ = args_.world->clock->steady();
  arm();
  return {};
}

void room::type(const room_typing& what) {
  if (!present_.has(what.who.user))
    return;
  const auto now = args_.world->clock->steady();
  if (what.active ? typing_.start(what.who, now) : typing_.stop(what.who.user))
    emit(what.active ? "user-typing" : "user-stopped-typing", what.who, true);
  arm();
}

void room::emit(const char* event, const domain::member_ref& who, bool with_name) {
  const auto now = args_.world->clock->now();
  domain::json_object data;
  data.text("roomId", id_.value).text("userId", who.user.value);
  if (with_name)
    data.text("username", who.username).text("name", who.name).text_or_null("avatar", who.avatar);
  data.text("timestamp", domain::to_iso8601(now));
  auto made = std::make_shared<domain::event>();
  made->name = event;
  made->data = data.take();
  made->topic = topic_;
  made->except_user = who.user;
  made->at = now;
  args_.world->out->deliver(std::move(made));
}

// -- time -----------------------------------------------------------------------------------------

void room::arm() {
  auto next = std::min(retry_at_, typing_.next_deadline().value_or(domain::steady_time::max()));
  if (!waiting_.empty())
    next = std::min(next, waiting_.front().until);
  if (present_.session_count() == 0 && !is_retiring_)
    next = std::min(next, idle_since_ + args_.world->config.room_idle);
  if (next >= armed_for_ || next == domain::steady_time::max())
    return;
  armed_for_ = next;
  const auto wait = std::max(next - args_.world->clock->steady(), domain::steady_time::duration{0});
  delayed_send(this, std::chrono::ceil<std::chrono::milliseconds>(wait), room_tick{++timer_});
}

void room::tick(const room_tick& timer) {
  if (timer.generation != timer_)
    return;
  armed_for_ = domain::steady_time::max();
  const auto now = args_.world->clock->steady();
  for (const auto& who : typing_.expire(now))
    emit("user-stopped-typing", who, true);
  while (!waiting_.empty() && waiting_.front().until <= now) {
    waiting_.front().answer.deliver(to_caf(
      {domain::errc::unavailable,
       "The room is not available right now",
       {},
       std::chrono::seconds{1}}));
    waiting_.pop_front();
  }
  if (retry_at_ <= now) {
    retry_at_ = domain::steady_time::max();
    reactivate();
  }
  const bool is_idle =
    present_.session_count() == 0 && entering_.empty() && pending_.empty() && waiting_.empty();
  if (is_idle && idle_since_ + args_.world->config.room_idle <= now) {
    is_retiring_ = true;
    if (auto directory = args_.directory.lock())
      send(caf::actor_cast<room_directory_actor>(directory), retire_room{id_});
    return;
  }
  if (!is_idle && present_.session_count() == 0)
    idle_since_ = now;
  arm();
}

room_state_view room::state() const {
  return {
    log_.meta(), log_.epoch(), present_.users(members_shown), present_.session_count(),
    pending_.size()};
}

std::string room::snapshot() const {
  return domain::json_object{}
    .text("roomId", id_.value)
    .text("type", domain::to_string(log_.meta().type))
    .number("lastSeq", std::uint64_t{log_.last_seq()})
    .number("epoch", std::uint64_t{log_.epoch()})
    .number("users", std::uint64_t{present_.user_count()})
    .number("sessions", std::uint64_t{present_.session_count()})
    .number("typing", std::uint64_t{typing_.size()})
    .number("pending", std::uint64_t{pending_.size()})
    .number("waiting", std::uint64_t{waiting_.size()})
    .boolean("readingBack", log_.is_lost())
    .take();
}

room_actor spawn_room(caf::actor_system& system, room_args args) {
  return system.spawn<room>(std::move(args));
}

} // namespace actors
