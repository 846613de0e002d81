#include "actors/session_body.hpp"
#include "domain/json.hpp"
#include "domain/limits.hpp"

#include <caf/sec.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace actors {

namespace {

const domain::error not_a_member{domain::errc::forbidden, "Not a member of this room", {}, {}};

domain::error invalid(std::string field, std::string message) {
  return {
    domain::errc::validation_failed,
    "Validation failed",
    {{std::move(field), std::move(message)}},
    {}};
}

/// What a failed send tells the client. Nobody knows what a room did that went down with the
/// question.
domain::error failed_send(const caf::error& why) {
  auto problem = from_caf(why);
  if (
    why == caf::sec::request_receiver_down || problem.code == domain::errc::internal
    || problem.code == domain::errc::moved)
    return {
      domain::errc::retry, "The outcome is not known; send again with the same clientId", {}, {}};
  return problem;
}

} // namespace

void session::run(session_command& what) {
  ++unanswered_;
  dispatch(what);
}

void session::dispatch(session_command& what) {
  if (is_ended_ || closing_ != domain::close_code::normal)
    return answer(what.origin, {domain::errc::unavailable, "The session is closing", {}, {}});
  // A command for a room that is being entered waits, so that it finds what the one before it did.
  const auto* room = std::visit(
    [](const auto& c) -> const domain::room_id* {
      if constexpr (requires { c.room; })
        return &c.room;
      else
        return nullptr;
    },
    what.command);
  if (room != nullptr)
    if (auto* here = find_place(*room); here != nullptr && here->now == place::stage::entering) {
      here->waiting.push_back(std::move(what));
      return;
    }
  std::visit([&](auto& c) { on(what.origin, c); }, what.command);
}

void session::answer(const reply_to& origin, reply what) {
  --unanswered_;
  world_->out->answer(origin, std::move(what));
  if (closing_ != domain::close_code::normal && unanswered_ == 0 && !is_ended_)
    end(closing_);
}

void session::answer(const reply_to& origin, const domain::error& why) {
  answer(origin, make_reply(why));
}

void session::on(reply_to& origin, domain::leave_room& what) {
  const auto here = std::find_if(
    places_.begin(), places_.end(), [&](const place& each) { return each.id == what.room; });
  if (here != places_.end()) {
    if (here->room)
      caf::anon_send(here->room, room_leave{who_.user, id_, connection_});
    else
      world_->out->unsubscribe(connection_, domain::topic_of(what.room));
    places_.erase(here);
  }
  stop_watching(what.room);
  answer(origin, make_reply());
}

void session::on(reply_to& origin, domain::send_message& what) {
  auto* here = find_place(what.room);
  if (here == nullptr)
    return answer(origin, not_a_member);
  if (here->now == place::stage::lost) {
    here->waiting.push_back({std::move(origin), std::move(what)});
    return enter_lost_rooms();
  }
  const auto wait =
    world_->message_rates.take(who_.user, world_->config.rates.messages, world_->clock->steady());
  if (wait.count() > 0)
    return answer(origin, {domain::errc::rate_limited, "Too many messages", {}, wait});
  request(
    here->room, domain::limits::command_timeout, room_post{self_ref(), std::move(what.draft), true})
    .then(
      [this, origin](const room_posted& stored) {
        domain::json_object message;
        message.text("id", stored.id.value).number("seq", std::uint64_t{stored.seq});
        message.text("timestamp", domain::to_iso8601(stored.at));
        answer(
          origin,
          make_reply(
            domain::json_object{}.boolean("ok", true).raw("message", message.take()).take()));
      },
      [this, origin, room = what.room](const caf::error& why) {
        if (why == caf::sec::request_receiver_down)
          lose_room(room);
        answer(origin, failed_send(why));
      });
}

void session::on(reply_to& origin, domain::set_typing& what) {
  auto* here = find_place(what.room);
  if (here == nullptr)
    return answer(origin, not_a_member);
  if (here->room)
    caf::anon_send(here->room, room_typing{self_ref(), what.active});
  answer(origin, make_reply());
}

// -- free topics: nothing is stored, nobody is asked ----------------------------------------------

void session::on(reply_to& origin, domain::subscribe& what) {
  if (what.topic.empty() || what.topic.size() > domain::limits::topic_bytes_max)
    return answer(origin, invalid("topic", "must have 1 to 256 bytes"));
  if (!world_->config.topics.may_subscribe(what.topic, who_.role))
    return answer(
      origin, {domain::errc::forbidden, "Not a topic that you may subscribe to", {}, {}});
  if (std::find(free_topics_.begin(), free_topics_.end(), what.topic) == free_topics_.end()) {
    if (free_topics_.size() >= domain::limits::topics_per_session)
      return answer(origin, {domain::errc::forbidden, "Too many topics (at most 1000)", {}, {}});
    world_->out->subscribe(connection_, what.topic);
    free_topics_.push_back(std::move(what.topic));
  }
  answer(origin, make_reply());
}

/// Those that the role of now no longer allows.
std::vector<domain::topic> session::take_forbidden_topics() {
  std::vector<domain::topic> taken;
  std::erase_if(free_topics_, [&](domain::topic& each) {
    if (world_->config.topics.may_subscribe(each, who_.role))
      return false;
    taken.push_back(std::move(each));
    return true;
  });
  return taken;
}

void session::on(reply_to& origin, domain::unsubscribe& what) {
  if (std::erase(free_topics_, what.topic) > 0)
    world_->out->unsubscribe(connection_, what.topic);
  answer(origin, make_reply());
}

void session::on(reply_to& origin, domain::publish& what) {
  if (what.topic.empty() || what.topic.size() > domain::limits::topic_bytes_max)
    return answer(origin, invalid("topic", "must have 1 to 256 bytes"));
  if (what.event.empty() || what.event.size() > domain::limits::event_name_bytes_max)
    return answer(origin, invalid("event", "must have 1 to 128 bytes"));
  if (domain::is_reserved_event(what.event))
    return answer(origin, invalid("event", "is reserved"));
  if (what.key.size() > domain::limits::topic_bytes_max)
    return answer(origin, invalid("key", "must have at most 256 bytes"));
  if (!world_->config.topics.may_publish(what.topic, who_.role))
    return answer(origin, {domain::errc::forbidden, "Not a topic that you may publish to", {}, {}});
  // A volatile one may be dropped, and is counted then.
  if (!what.droppable && world_->out->is_full(what.topic))
    return answer(
      origin, {domain::errc::overloaded,
               "Too many events wait to be handed out",
               {},
               std::chrono::seconds{1}});
  auto made = std::make_shared<domain::event>();
  made->name = std::move(what.event);
  made->data = std::move(what.data);
  made->topic = std::move(what.topic);
  made->key = std::move(what.key);
  made->cls =
    what.droppable ? domain::delivery_class::droppable : domain::delivery_class::ephemeral;
  made->at = world_->clock->now();
  answer(origin, make_reply());
  world_->out->deliver(std::move(made));
}

// -- what conditions of broadcasts are asked about ------------------------------------------------

void session::on(reply_to& origin, domain::set_attributes& what) {
  domain::traits given{what.attributes.value_or(domain::attribute_map{}), {}};
  if (what.location)
    given.location = *what.location;
  if (const auto why = check(given))
    return answer(origin, *why);
  if (who_.traits != nullptr)
    if (const auto taken = first_of_token(*who_.traits, given); !taken.empty())
      return answer(
        origin,
        {domain::errc::forbidden, "Set by the token", {{taken, "is set by the token"}}, {}});
  domain::traits next = own_traits_ != nullptr ? *own_traits_ : domain::traits{};
  if (what.attributes)
    next.attributes = std::move(given.attributes);
  if (what.location)
    next.location = given.location;
  own_traits_ =
    next == domain::traits{} ? nullptr : std::make_shared<domain::traits>(std::move(next));
  world_->out->describe(connection_, facts());
  answer(origin, make_reply());
}

void session::on(reply_to& origin, domain::renew_token& what) {
  request(
    world_->book.authenticator(), domain::limits::query_timeout,
    verify_token{std::move(what.token)})
    .then(
      [this, origin](domain::principal& checked) {
        if (checked.user != who_.user)
          return answer(
            origin, {domain::errc::unauthorized, "The token belongs to another user", {}, {}});
        who_ = std::move(checked);
        for (const auto& topic : take_forbidden_topics())
          world_->out->unsubscribe(connection_, topic);
        world_->out->describe(connection_, facts());
        schedule();
        answer(origin, make_reply());
      },
      [this, origin](const caf::error& why) { answer(origin, from_caf(why)); });
}

} // namespace actors
