#include "actors/room_body.hpp"
#include "domain/limits.hpp"

#include <algorithm>
#include <utility>

// Propose, have it stored, acknowledge, show. In this order, and a "maybe" of storage is never
// taken for a "no".
namespace actors {

namespace {

const domain::error unknown_fate{
  domain::errc::retry, "The outcome is not known; send again with the same clientId", {}, {}};
const domain::error not_available{
  domain::errc::unavailable, "The room is not available right now", {}, std::chrono::seconds{1}};
const domain::error too_much_waits{
  domain::errc::overloaded, "Too many events wait to be handed out", {}, std::chrono::seconds{1}};

} // namespace

caf::result<room_posted> room::post(room_post& question) {
  auto answer = make_response_promise<room_posted>();
  if (question.joined) {
    append(std::move(question), answer);
    return answer;
  }
  // A session has taken it already for what it sends; REST asks the room itself.
  const auto wait = args_.world->message_rates.take(
    question.sender.user, args_.world->config.rates.messages, args_.world->clock->steady());
  if (wait.count() > 0) {
    answer.deliver(to_caf({domain::errc::rate_limited, "Too many messages", {}, wait}));
    return answer;
  }
  auto shared = std::make_shared<room_post>(std::move(question));
  if_member(
    shared->sender.user, [this, shared, answer] { append(std::move(*shared), answer); },
    [answer](const domain::error& why) mutable { answer.deliver(to_caf(why)); });
  return answer;
}

void room::append(room_post question, post_promise answer) {
  if (log_.is_lost()) { // a bounded wait: reading back takes one round trip to the disk
    if (waiting_.size() >= domain::limits::pending_appends) {
      answer.deliver(to_caf(not_available));
      return;
    }
    waiting_.push_back(
      {std::move(question), answer,
       args_.world->clock->steady() + domain::limits::append_timeout / 2});
    return arm();
  }
  if (args_.world->out->is_full(topic_)) { // what is stored must be handed out
    answer.deliver(to_caf(too_much_waits));
    return;
  }
  auto proposal = log_.propose(
    question.sender, question.draft, args_.world->clock->now(), args_.world->ids->next_message());
  if (!proposal) {
    answer.deliver(to_caf(proposal.error()));
    return;
  }
  if (present_.session_count() == 0)
    idle_since_ = args_.world->clock->steady();
  if (typing_.stop(question.sender.user))
    emit("user-stopped-typing", question.sender, true);
  const auto ticket = proposal->number;
  persistence::append_message change{
    proposal->epoch, std::move(proposal->message), std::move(proposal->body)};
  const auto defect = args_.world->config.defect;
  if (defect == planted_defect::no_unique_key)
    change.message.client_id.clear();
  if (defect == planted_defect::acknowledge_before_commit) {
    const auto guess = log_.last_seq() + 1;
    answer.deliver(room_posted{change.message.id, guess, change.message.at, true});
    show(log_.committed(ticket, guess));
  } else {
    pending_.emplace(ticket, answer);
  }
  request(
    args_.world->book.messages(), domain::limits::append_timeout, write_change{std::move(change)})
    .then(
      [this, ticket](const persistence::written& outcome) { on_stored(ticket, outcome); },
      [this, ticket](const caf::error& why) { on_refused(ticket, why); });
}

void room::on_stored(domain::room_log::ticket ticket, const persistence::written& outcome) {
  if (auto waiter = pending_.extract(ticket))
    waiter.mapped().deliver(room_posted{outcome.message, outcome.seq, outcome.at, outcome.was_new});
  show(log_.committed(ticket, outcome.seq, outcome.was_new));
}

void room::on_refused(domain::room_log::ticket ticket, const caf::error& why) {
  auto waiter = pending_.extract(ticket);
  if (!waiter) // voided meanwhile, and answered
    return;
  const auto problem = from_caf(why);
  switch (problem.code) {
  case domain::errc::moved:
    waiter.mapped().deliver(to_caf(problem));
    return stop_as_moved();
  case domain::errc::retry:
  case domain::errc::internal:
    waiter.mapped().deliver(to_caf(unknown_fate));
    return lose();
  default: // a clear no: it took no seq, so what is behind it is not concerned
    log_.rejected(ticket);
    waiter.mapped().deliver(to_caf(problem));
  }
}

// What lies behind the unknown one is unknown as well. The new epoch makes sure that whatever is
// still under way fails, or is stored before the log is read back.
void room::lose() {
  log_.lost();
  fail_pending(unknown_fate);
  args_.world->log->warn("room-reading-back", {{"room", std::string_view{id_.value}}});
  reactivate();
}

void room::reactivate() {
  const write_change raise{persistence::activate_room{id_}};
  request(args_.world->book.rooms(), domain::limits::append_timeout, raise)
    .then(
      [this](const persistence::written& activated) { reload(activated); },
      [this](const caf::error& why) {
        if (from_caf(why).code == domain::errc::not_found)
          return quit(why);
        try_again_later();
      });
}

void room::reload(const persistence::written& activated) {
  const auto known = log_.last_seq();
  if (activated.seq <= known)
    return come_back(activated.epoch, {});
  const load_events query{id_, known, activated.seq - known, false};
  request(args_.world->book.messages(), domain::limits::query_timeout, query)
    .then(
      [this, activated, known](const event_list& found) {
        if (found.events.size() != activated.seq - known)
          return try_again_later();
        come_back(activated.epoch, found.events);
      },
      [this](const caf::error&) { try_again_later(); });
}

void room::come_back(domain::epoch epoch, const std::vector<domain::logged_event>& missed) {
  retries_ = 0;
  show(log_.reload(epoch, missed));
  std::deque<waiting_post> waiting;
  waiting.swap(waiting_);
  for (auto& each : waiting)
    append(std::move(each.question), each.answer);
}

void room::try_again_later() {
  constexpr std::chrono::milliseconds first{100}, longest{2'000};
  const auto pause = std::min(longest, first * (1 << std::min<std::size_t>(retries_, 5)));
  ++retries_;
  retry_at_ = args_.world->clock->steady() + pause;
  arm();
}

void room::stop_as_moved() {
  const domain::error moved{domain::errc::moved, "The room has another owner", {}, {}};
  fail_pending(moved);
  fail_waiting(moved);
  quit(to_caf(moved));
}

void room::fail_pending(const domain::error& why) {
  for (auto& [ticket, answer] : pending_)
    answer.deliver(to_caf(why));
  pending_.clear();
}

void room::fail_waiting(const domain::error& why) {
  for (auto& each : waiting_)
    each.answer.deliver(to_caf(why));
  waiting_.clear();
}

void room::show(const std::vector<domain::event_ptr>& events) {
  for (const auto& event : events) {
    args_.shown->store(event->seq);
    args_.world->out->deliver(event);
  }
}

} // namespace actors
