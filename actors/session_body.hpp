#pragma once

#include "actors/error.hpp"
#include "actors/inspected.hpp"
#include "actors/session.hpp"
#include "actors/surroundings.hpp"

#include <caf/all.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace actors {

/// When a session of this bearer is closed unless its token is renewed.
domain::steady_time session_deadline(const surroundings& world, const domain::principal& who);

/// The session's actor. There are tens of thousands: small members, nothing kept that an idle one
/// does not need. Its state is survivable: when it fails its connection is closed, and the client
/// comes back and enters its rooms.
class session final : public pinned<inspected<session_actor::base>> {
public:
  session(caf::actor_config& config, session_args args);

  const char* name() const override { return "session"; }
  std::string label() const override { return "session:" + id_.value; }
  std::string snapshot() const override;
  bool cleanup(caf::error&& reason, caf::execution_unit* host) override;
  session_actor::behavior_type make_behavior() override;

private:
  /// A room that this session is in, or is about to be in.
  struct place {
    enum class stage : std::uint8_t {
      entering, // commands for the room wait, so that they keep their order
      inside,
      lost, // the room's actor ended: to be entered again
    };
    domain::room_id id;
    room_actor room;
    stage now = stage::entering;
    bool was_inside = false;
    std::uint32_t attempt = 0;            // the last one, which alone settles where the session is
    std::vector<session_command> waiting; // bounded by the connection's credits
  };
  using entered = std::function<void(room_joined&)>;
  using refused = std::function<void(const caf::error&)>;
  struct attempt;   // to enter a room
  struct gathering; // several rooms' answers to one command

  // -- life (session.cpp) --
  void detach(const session_detach& what);
  caf::result<session_attached> attach(session_attach& what);
  void close(domain::close_code why);
  void lose_room(const domain::room_id& id);
  void tick();
  std::vector<domain::topic> take_forbidden_topics();
  void schedule();
  void leave_rooms();
  void become_detached(domain::steady_time since);
  void end(domain::close_code why);
  void release(domain::close_code why);
  std::vector<domain::topic> topics() const;
  domain::session_facts facts() const;
  session_view view() const;

  // -- commands (session_commands.cpp): each answers exactly once --
  void run(session_command& what);
  void dispatch(session_command& what);
  void on(reply_to& origin, domain::leave_room& what);
  void on(reply_to& origin, domain::send_message& what);
  void on(reply_to& origin, domain::set_typing& what);
  void on(reply_to& origin, domain::subscribe& what);
  void on(reply_to& origin, domain::unsubscribe& what);
  void on(reply_to& origin, domain::publish& what);
  void on(reply_to& origin, domain::set_attributes& what);
  void on(reply_to& origin, domain::renew_token& what);

  // -- looking on (session_watching.cpp) --
  struct watching;
  void on(reply_to& origin, domain::watch_room& what);
  void look_for(const std::shared_ptr<watching>& what);
  void look_on(const room_actor& room, const std::shared_ptr<watching>& what);
  void stop_watching(const domain::room_id& id);

  void answer(const reply_to& origin, reply what);
  void answer(const reply_to& origin, const domain::error& why);

  // -- rooms (session_rooms.cpp) --
  void on(reply_to& origin, domain::join_room& what);
  void on(reply_to& origin, domain::sync_rooms& what);
  place* find_place(const domain::room_id& id);
  /// Enters a room that has a place (in stage entering). One of the two is called when the place is
  /// inside, lost or gone.
  void enter(const domain::room_id& id, room_join how, entered yes, refused no);
  void open(const std::shared_ptr<attempt>& what);
  void ask(const room_actor& room, const std::shared_ptr<attempt>& what);
  void admitted(const std::shared_ptr<attempt>& what, room_joined& joined);
  void turned_away(const std::shared_ptr<attempt>& what, const caf::error& why);
  void enter_lost_rooms();
  void read_room(
    const room_actor& room, const domain::room_id& id, domain::seq after,
    const std::shared_ptr<gathering>& all);
  void gather(
    const std::shared_ptr<gathering>& all, const domain::room_id& id, const domain::error& why);
  void gather(const std::shared_ptr<gathering>& all, const domain::room_id& id, std::string json);
  room_join join_question(std::optional<domain::seq> after) const;
  domain::member_ref self_ref() const { return {who_.user, who_.username, who_.name, who_.avatar}; }

  std::shared_ptr<surroundings> world_;
  const domain::session_id id_; // label() is read by other threads
  domain::principal who_;
  connection_ref connection_;
  std::vector<place> places_;
  std::vector<domain::topic> free_topics_;
  std::vector<domain::room_id> watched_;
  domain::traits_ptr own_traits_; // what the client set; its token's claims stand before them
  domain::timestamp since_{};
  domain::steady_time detached_at_ = domain::steady_time::max();
  domain::steady_time close_by_ = domain::steady_time::max();
  caf::strong_actor_ptr alive_; // while detached: nobody else holds this session then
  std::uint32_t unanswered_ = 0;
  std::uint32_t attempts_ = 0;
  domain::close_code closing_ = domain::close_code::normal;
  bool is_absent_ = false; // grace is over, the rooms were left
  bool is_ended_ = false;
};

} // namespace actors
