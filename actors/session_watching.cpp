#include "actors/session_body.hpp"
#include "domain/json.hpp"
#include "domain/limits.hpp"

#include <caf/sec.hpp>

#include <algorithm>
#include <utility>

namespace actors {

namespace {

constexpr int tries_max = 3; // a handle may be stale: its room was retired or failed a moment ago

} // namespace

struct session::watching {
  reply_to origin;
  domain::room_id id;
  room_join how;
  int tries = 0;
};

void session::on(reply_to& origin, domain::watch_room& what) {
  if (!domain::is_valid_room_id(what.room.value))
    return answer(origin, {domain::errc::not_found, "Room not found", {}, {}});
  if (watched_.size() >= domain::limits::stream_rooms)
    return answer(origin, {domain::errc::forbidden, "Too many rooms (at most 50)", {}, {}});
  auto question = join_question(what.after);
  question.watch = true;
  if (std::find(watched_.begin(), watched_.end(), what.room) == watched_.end())
    watched_.push_back(what.room);
  look_for(std::make_shared<watching>(
    watching{std::move(origin), std::move(what.room), std::move(question)}));
}

void session::look_for(const std::shared_ptr<watching>& what) {
  ++what->tries;
  request(world_->book.directory(), domain::limits::command_timeout / 2, open_room{what->id})
    .then(
      [this, what](const opened_room& opened) { look_on(opened.room, what); },
      [this, what](const caf::error& why) {
        std::erase(watched_, what->id);
        answer(what->origin, from_caf(why));
      });
}

void session::look_on(const room_actor& room, const std::shared_ptr<watching>& what) {
  request(room, domain::limits::command_timeout / 2, what->how)
    .then(
      [this, what](room_joined& shown) {
        // Lost the right meanwhile: the room has subscribed the connection all the same.
        if (std::find(watched_.begin(), watched_.end(), what->id) == watched_.end()) {
          world_->out->unsubscribe(connection_, domain::topic_of(what->id));
          return answer(what->origin, {domain::errc::not_found, "Room not found", {}, {}});
        }
        auto reply = make_reply(domain::json_object{}
                                  .boolean("ok", true)
                                  .text("roomId", what->id.value)
                                  .number("lastSeq", std::uint64_t{shown.last_seq})
                                  .boolean("reset", shown.reset)
                                  .take());
        reply.missed = std::move(shown.missed);
        answer(what->origin, std::move(reply));
      },
      [this, what](const caf::error& why) {
        const auto problem = from_caf(why);
        const bool is_stale =
          why == caf::sec::request_receiver_down || problem.code == domain::errc::moved;
        if (is_stale && what->tries < tries_max)
          return look_for(what);
        std::erase(watched_, what->id);
        answer(what->origin, problem);
      });
}

void session::stop_watching(const domain::room_id& id) {
  if (std::erase(watched_, id) == 0 || connection_.is_none())
    return;
  world_->out->unsubscribe(connection_, domain::topic_of(id));
  world_->out->emit(
    connection_, "room-left", domain::json_object{}.text("roomId", id.value).take());
}

} // namespace actors
