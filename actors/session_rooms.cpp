#include "actors/session_body.hpp"
#include "domain/json.hpp"
#include "domain/limits.hpp"

#include <caf/sec.hpp>

#include <algorithm>
#include <utility>

namespace actors {

namespace {

constexpr int tries_max = 3; // a handle may be stale: its room was retired or failed a moment ago

const domain::error superseded{
  domain::errc::unavailable, "The room was left or entered meanwhile", {}, {}};

std::chrono::milliseconds left_until(const surroundings& world, domain::steady_time until) {
  const auto left =
    std::chrono::duration_cast<std::chrono::milliseconds>(until - world.clock->steady());
  return std::max(left, std::chrono::milliseconds{1});
}

bool is_stale(const caf::error& why) {
  return why == caf::sec::request_receiver_down || from_caf(why).code == domain::errc::moved;
}

} // namespace

struct session::attempt {
  domain::room_id id;
  room_join how;
  domain::steady_time until;
  entered yes;
  refused no;
  std::uint32_t number = 0;
  int tries = 0;
};

/// Rooms asked for one `sync`.
struct session::gathering {
  reply_to origin;
  std::size_t left = 0;
  std::size_t bytes = 0; // of events so far
  domain::json_object rooms;
};

session::place* session::find_place(const domain::room_id& id) {
  const auto found =
    std::find_if(places_.begin(), places_.end(), [&](const place& each) { return each.id == id; });
  return found == places_.end() ? nullptr : &*found;
}

room_join session::join_question(std::optional<domain::seq> after) const {
  return {self_ref(), id_, connection_, after};
}

void session::on(reply_to& origin, domain::join_room& what) {
  const auto wait =
    world_->join_rates.take(who_.user, world_->config.rates.joins, world_->clock->steady());
  if (wait.count() > 0)
    return answer(origin, {domain::errc::rate_limited, "Too many joins", {}, wait});
  if (!domain::is_valid_room_id(what.room.value))
    return answer(origin, {domain::errc::not_found, "Room not found", {}, {}});
  auto* here = find_place(what.room);
  if (here == nullptr) {
    if (places_.size() >= domain::limits::rooms_per_session)
      return answer(origin, {domain::errc::forbidden, "Too many rooms (at most 1000)", {}, {}});
    here = &places_.emplace_back();
    here->id = what.room;
  }
  here->now = place::stage::entering;
  enter(
    what.room, join_question(what.after),
    [this, origin](room_joined& joined) { answer(origin, make_reply(std::move(joined.json))); },
    [this, origin](const caf::error& why) { answer(origin, from_caf(why)); });
}

void session::enter(const domain::room_id& id, room_join how, entered yes, refused no) {
  auto what = std::make_shared<attempt>(attempt{
    id, std::move(how), world_->clock->steady() + domain::limits::command_timeout, std::move(yes),
    std::move(no)});
  auto* here = find_place(id);
  what->number = here->attempt = ++attempts_;
  if (here->room)
    ask(here->room, what);
  else
    open(what);
}

void session::open(const std::shared_ptr<attempt>& what) {
  ++what->tries;
  request(world_->book.directory(), left_until(*world_, what->until), open_room{what->id})
    .then(
      [this, what](const opened_room& opened) { ask(opened.room, what); },
      [this, what](const caf::error& why) { turned_away(what, why); });
}

void session::ask(const room_actor& room, const std::shared_ptr<attempt>& what) {
  auto* here = find_place(what->id);
  if (here == nullptr || here->attempt != what->number)
    return what->no(to_caf(superseded));
  here->room = room; // from now on leaving tells it
  request(room, left_until(*world_, what->until), what->how)
    .then(
      [this, what](room_joined& joined) { admitted(what, joined); },
      [this, what](const caf::error& why) {
        if (is_stale(why) && what->tries < tries_max)
          open(what);
        else
          turned_away(what, why);
      });
}

void session::admitted(const std::shared_ptr<attempt>& what, room_joined& joined) {
  std::vector<session_command> waiting;
  auto* here = find_place(what->id);
  if (here == nullptr) // a later attempt failed, and told the room to forget this one
    return what->no(to_caf(superseded));
  here->was_inside = true; // the client is told so, whatever becomes of a later attempt
  if (here->attempt == what->number) {
    here->now = place::stage::inside;
    waiting.swap(here->waiting);
  }
  what->yes(joined);
  for (auto& command : waiting)
    dispatch(command);
}

void session::turned_away(const std::shared_ptr<attempt>& what, const caf::error& why) {
  const auto problem = from_caf(why);
  const bool is_final =
    problem.code == domain::errc::not_found || problem.code == domain::errc::forbidden;
  const auto here = std::find_if(places_.begin(), places_.end(), [&](const place& each) {
    return each.id == what->id && each.attempt == what->number;
  });
  std::vector<session_command> waiting;
  if (here != places_.end()) {
    waiting.swap(here->waiting);
    if (here->room && !is_final) // perhaps it took us in, and only its answer is missing
      caf::anon_send(here->room, room_leave{who_.user, id_, {}});
    if (here->was_inside && !is_final) {
      here->room = nullptr;
      here->now = place::stage::lost;
      schedule();
    } else {
      if (here->was_inside)
        world_->out->unsubscribe(connection_, domain::topic_of(what->id));
      places_.erase(here);
    }
  }
  what->no(why);
  // What waited for the room must not make it try once more, for ever.
  for (auto& command : waiting)
    if (
      std::holds_alternative<domain::send_message>(command.command)
      || std::holds_alternative<domain::set_typing>(command.command))
      answer(
        command.origin,
        is_final ? domain::error{domain::errc::forbidden, "Not a member of this room", {}, {}}
                 : problem);
    else
      dispatch(command);
}

void session::enter_lost_rooms() {
  std::vector<domain::room_id> lost;
  for (auto& each : places_)
    if (each.now == place::stage::lost) {
      each.now = place::stage::entering;
      lost.push_back(each.id);
    }
  for (const auto& id : lost) {
    auto question = join_question(std::nullopt);
    question.quiet = true;
    question.snapshot = false;
    enter(
      id, std::move(question), [](room_joined&) {}, [](const caf::error&) {});
  }
}

// -- sync -----------------------------------------------------------------------------------------

void session::on(reply_to& origin, domain::sync_rooms& what) {
  if (what.rooms.size() > domain::limits::rooms_per_session)
    return answer(
      origin, {domain::errc::validation_failed,
               "Validation failed",
               {{"rooms", "must be at most 1000"}},
               {}});
  if (what.rooms.empty())
    return answer(origin, make_reply(R"({"ok":true,"rooms":{}})"));
  auto all = std::make_shared<gathering>(gathering{std::move(origin), what.rooms.size(), 0, {}});
  for (const auto& [id, after] : what.rooms) {
    if (const auto* here = find_place(id); here != nullptr && here->room) {
      read_room(here->room, id, after, all);
      continue;
    }
    request(world_->book.directory(), domain::limits::command_timeout / 2, open_room{id})
      .then(
        [this, all, id = id, after = after](const opened_room& opened) {
          read_room(opened.room, id, after, all);
        },
        [this, all, id = id](const caf::error& why) { gather(all, id, from_caf(why)); });
  }
}

void session::read_room(
  const room_actor& room, const domain::room_id& id, domain::seq after,
  const std::shared_ptr<gathering>& all) {
  request(
    room, domain::limits::command_timeout / 2,
    room_read{who_.user, after, domain::limits::sync_events})
    .then(
      [this, all, id](const room_history& found) {
        // All that was missed, or none of it: never a gap that looks like an answer.
        std::string events = "[";
        for (const auto& event : found.events) {
          if (events.size() > 1)
            events += ',';
          events += domain::to_json(event);
        }
        const bool is_reset =
          found.reset || found.more || all->bytes + events.size() > world_->config.catch_up_bytes;
        if (is_reset)
          events = "[";
        all->bytes += events.size();
        domain::json_object one;
        one.raw("events", events + ']')
          .boolean("reset", is_reset)
          .number("lastSeq", std::uint64_t{found.last_seq});
        gather(all, id, one.take());
      },
      [this, all, id](const caf::error& why) { gather(all, id, from_caf(why)); });
}

void session::gather(
  const std::shared_ptr<gathering>& all, const domain::room_id& id, const domain::error& why) {
  gather(
    all, id,
    domain::json_object{}
      .raw("events", "[]")
      .boolean("reset", true)
      .raw("error", error_json(why))
      .take());
}

void session::gather(
  const std::shared_ptr<gathering>& all, const domain::room_id& id, std::string json) {
  all->rooms.raw(id.value, json);
  if (--all->left == 0)
    answer(
      all->origin,
      make_reply(domain::json_object{}.boolean("ok", true).raw("rooms", all->rooms.take()).take()));
}

} // namespace actors
