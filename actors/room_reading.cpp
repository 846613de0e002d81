#include "actors/room_body.hpp"
#include "domain/limits.hpp"

namespace actors {

domain::error room::hidden_or_forbidden() const {
  if (log_.meta().type == domain::room_type::open)
    return {domain::errc::forbidden, "Not a member of this room", {}, {}};
  return {domain::errc::not_found, "Room not found", {}, {}};
}

void room::if_member(
  const domain::user_id& user, std::function<void()> yes,
  std::function<void(const domain::error&)> refused) {
  if (present_.has(user))
    return yes();
  request(args_.world->book.rooms(), domain::limits::query_timeout, find_member{id_, user})
    .then(
      [yes = std::move(yes)](const found_member&) { yes(); },
      [this, refused = std::move(refused)](const caf::error& why) {
        const auto problem = from_caf(why);
        refused(problem.code == domain::errc::not_found ? hidden_or_forbidden() : problem);
      });
}

caf::result<room_history> room::read(const room_read& question) {
  auto answer = make_response_promise<room_history>();
  if (log_.meta().type == domain::room_type::open)
    read_log(question, answer);
  else
    if_member(
      question.reader, [this, question, answer] { read_log(question, answer); },
      [answer](const domain::error& why) mutable { answer.deliver(to_caf(why)); });
  return answer;
}

void room::read_log(const room_read& question, caf::typed_response_promise<room_history> answer) {
  using source = domain::room_log::source;
  const auto cut = domain::room_log::overflow::cut;
  auto found = log_.after(question.after, question.limit, cut);
  if (found.from != source::ask_storage) {
    const auto is_reset = found.from == source::reset;
    answer.deliver(room_history{std::move(found.events), log_.last_seq(), is_reset, found.more});
    return;
  }
  const load_events query{id_, question.after, question.limit, false};
  request(args_.world->book.messages(), domain::limits::query_timeout, query)
    .then(
      [answer, until = found.until, more = found.more](event_list& stored) mutable {
        std::erase_if(stored.events, [until](const auto& e) {
          return e.seq > until;
        }); // not shown to anyone yet
        answer.deliver(room_history{std::move(stored.events), until, false, more});
      },
      [answer](caf::error& why) mutable { answer.deliver(std::move(why)); });
}

} // namespace actors
