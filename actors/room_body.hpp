#pragma once

#include "actors/error.hpp"
#include "actors/inspected.hpp"
#include "actors/room.hpp"
#include "actors/surroundings.hpp"
#include "domain/attendance.hpp"
#include "domain/room_log.hpp"
#include "domain/typing_set.hpp"

#include <caf/all.hpp>

#include <deque>
#include <functional>
#include <set>
#include <unordered_map>

namespace actors {

/// The room's actor: mailbox, timers and questions around the domain's brains (room_log,
/// attendance, typing_set). Its state is survivable: messages are in storage, who is here comes
/// back when the sessions enter again.
class room final : public inspected<room_actor::base> {
public:
  room(caf::actor_config& config, room_args args);

  const char* name() const override { return "room"; }
  std::string label() const override { return "room:" + id_.value; }
  std::string snapshot() const override;
  bool cleanup(caf::error&& reason, caf::execution_unit* host) override;
  room_actor::behavior_type make_behavior() override;

private:
  using post_promise = caf::typed_response_promise<room_posted>;
  struct waiting_post {
    room_post question;
    post_promise answer;
    domain::steady_time until;
  };

  // -- entering and leaving (room.cpp) --
  struct entry { // one join under way
    room_join question;
    caf::typed_response_promise<room_joined> answer;
    std::uint64_t number = 0;
  };
  caf::result<room_joined> join(room_join& question);
  void admit(entry e, bool is_member);
  void catch_up(entry e, std::vector<domain::logged_event> missed);
  void enter(entry& e, const std::vector<domain::logged_event>* missed, bool is_reset);
  void refuse(entry& e, const domain::error& why);
  void watch(entry& e, const std::vector<domain::logged_event>* missed, bool is_reset);
  std::vector<std::string> messages_for(const std::vector<domain::logged_event>* missed) const;
  std::string describe_for(
    const room_join& question, const std::vector<domain::logged_event>* missed,
    bool is_reset) const;
  room_left leave(const room_leave& question);
  void type(const room_typing& what);
  room_state_view state() const;

  // -- reading (room_reading.cpp) --
  caf::result<room_history> read(const room_read& question);
  void read_log(const room_read& question, caf::typed_response_promise<room_history> answer);
  /// Asks the repository for the membership, unless it is known; then one of the two. `refused`
  /// gets not_found for rooms that hide from non-members, else forbidden, or why it could not be
  /// found out.
  void if_member(
    const domain::user_id& user, std::function<void()> yes,
    std::function<void(const domain::error&)> refused);
  domain::error hidden_or_forbidden() const;

  // -- messages (room_messages.cpp) --
  caf::result<room_posted> post(room_post& question);
  void append(room_post question, post_promise answer);
  void on_stored(domain::room_log::ticket ticket, const persistence::written& outcome);
  void on_refused(domain::room_log::ticket ticket, const caf::error& why);
  void lose();
  void reactivate();
  void reload(const persistence::written& activated);
  void come_back(domain::epoch epoch, const std::vector<domain::logged_event>& missed);
  void try_again_later();
  void stop_as_moved();
  void fail_pending(const domain::error& why);
  void fail_waiting(const domain::error& why);
  void show(const std::vector<domain::event_ptr>& events);

  // -- what others see at once, never stored --
  void emit(const char* event, const domain::member_ref& who, bool with_name);

  // -- time --
  void tick(const room_tick& timer);
  void arm();

  room_args args_;
  const domain::room_id id_; // label() is read by other threads
  const domain::topic topic_;
  domain::room_log log_;
  domain::attendance present_;
  domain::typing_set typing_;
  std::set<std::pair<domain::session_id, std::uint64_t>> entering_; // a leave takes them out
  std::unordered_map<domain::room_log::ticket, post_promise> pending_;
  std::deque<waiting_post> waiting_; // while the log is read back
  domain::steady_time idle_since_;
  domain::steady_time retry_at_ = domain::steady_time::max();
  std::size_t retries_ = 0;
  domain::steady_time armed_for_ = domain::steady_time::max();
  std::uint64_t timer_ = 0;
  std::uint64_t entries_ = 0;
  bool is_retiring_ = false;
};

} // namespace actors
