#pragma once

#include "actors/outbox.hpp"
#include "actors/session.hpp"
#include "domain/audience.hpp"
#include "domain/command.hpp"
#include "domain/result.hpp"
#include "domain/user.hpp"
#include "net/frame.hpp"
#include "net/parking.hpp"
#include "net/tracer.hpp"
#include "net/write_queue.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace net {

class shard;

/// What every protocol's connection shares: its slot on a shard, its session actor, credits, the
/// queue of frames that wait for the end of the turn. A protocol (plain WebSocket, Socket.IO over
/// either transport) derives from it and adds bytes. Runs on: its shard's thread only, all of it.
class client : public std::enable_shared_from_this<client> {
public:
  client(shard& home, encoding protocol, std::string address);
  virtual ~client();

  shard& home() { return home_; }
  const actors::connection_ref& ref() const { return ref_; }
  encoding protocol() const { return protocol_; }
  const std::string& address() const { return address_; }
  bool is_signed_in() const { return static_cast<bool>(session_); }
  const domain::user_id& user() const { return user_; }
  const std::string& session_id() const { return session_id_; }
  std::size_t waiting_bytes() const { return queue_.bytes(); } // not yet taken by the kernel
  domain::steady_time blocked_since() const { return queue_.blocked_since(); }
  trace_party party() const { return {session_id_, user_.value}; }
  /// What conditions of broadcasts are asked about.
  const domain::session_facts& facts() const { return facts_; }
  void set_facts(domain::session_facts facts);

  // -- from the actors (by way of the outbox) --
  /// Gives the credit back, then lets the protocol encode the answer.
  void answer(const actors::reply_to& where, const actors::reply& what);
  virtual void on_answer(const actors::reply_to& where, const actors::reply& what) = 0;
  virtual void on_emit(std::string_view name, std::string_view data_json) = 0;
  /// Say why, and close the transport; ends with `closed()`.
  virtual void on_close(domain::close_code why) = 0;
  /// `server-drain {reconnectIn}` (ms), spread out so that not all clients come back at once.
  void tell_drain();

  // -- frames --
  /// Takes a frame (or the frames of one packet) for the end of the turn. At the bound, what may be
  /// is dropped, and told by `gap` (net/shedding.cpp); then the connection is closed with
  /// slow_consumer.
  void enqueue(std::span<const frame_ptr> unit, const handling& how);
  void enqueue(const frame_ptr& what, const handling& how) { enqueue({&what, 1}, how); }
  void enqueue(const frame_ptr& what, domain::delivery_class cls) {
    enqueue(what, {.is_volatile = cls == domain::delivery_class::droppable});
  }
  /// What was queued before could not all be written: events wait by class, and a higher one goes
  /// before what is older.
  bool has_backlog() const { return queue_.has_backlog(); }
  /// So many volatile events of a topic did not even come here; told by `gap`.
  void note_dropped(const domain::topic& from, std::uint32_t count);
  bool would_overtake(const handling& how) const {
    return queue_.waiting() != nullptr && queue_.waiting()->would_overtake(how);
  }
  /// The delivery at `position` may be written before an older one: no offset stands for it, so a
  /// client that has not come past it can't be recovered exactly.
  void note_unordered(std::uint64_t position) {
    unordered_until_ = std::max(unordered_until_, position);
  }
  /// The delivery at `position` was queued with its offset.
  void note_marked(std::uint64_t position) { last_marked_ = position; }
  /// False when this walk over an audience has been here already.
  bool visit(std::uint64_t walk) { return std::exchange(walk_, walk) != walk; }
  bool takes_chunks() const { return takes_chunks_; }
  /// Compressed frames are understood (with a whole window of 32 KiB).
  bool takes_deflated() const { return takes_deflated_; }
  /// True: on_event() is asked to queue what is delivered, with something of the connection's own.
  bool adds_to_events() const { return adds_to_events_; }
  virtual void on_event(const domain::event&, const frame_ptr& shared, const handling& how) {
    enqueue(shared, how);
  }
  /// While a recovery runs, deliveries are kept here instead of being queued.
  bool is_holding() const { return held_ != nullptr; }
  void hold(const domain::event_ptr& what, std::uint64_t position);
  /// At the end of the turn: everything queued in one system call (WebSocket), or into a waiting
  /// GET (polling).
  virtual void flush() = 0;

  // -- for protocols --
  /// Signs in with a token: on success the session actor exists and `session_id`/`pid` are set.
  /// `done` is called on this shard, at once or later, not at all when the client is closed before.
  /// Errors: unauthorized, rate_limited, overloaded, unavailable.
  struct signed_in {
    std::string session_id;
    std::string pid;
    bool recovered = false;
    std::vector<frame_ptr> missed;
  };
  using sign_in_handler = std::function<void(domain::result<signed_in>)>;
  void sign_in(std::string token, sign_in_handler done);
  /// The same for a bearer who was checked already.
  void sign_in(const domain::principal& who, const sign_in_handler& done);
  /// The same, taking over the session `pid` if it is still kept and `offset` (what the client
  /// received last; may be empty) is still known; else a fresh session.
  void recover(std::string token, std::string pid, std::string offset, sign_in_handler done);
  /// Hands a command to the session; takes a credit. Without credits the command waits here and
  /// reading pauses. So does one whose answer may be large, and all behind it, until the last such
  /// answer is there and most of what is queued has been written: together they would not fit.
  void submit(actors::reply_to origin, domain::command what);
  /// True while there are no credits, or too many commands wait: the protocol does not read on.
  bool is_paused() const { return credits_ == 0 || is_crowded_; }
  virtual void on_resume() = 0; // credits are back: read on
  /// Ends the session, for good; the transport stays, and may sign in again. `why`: as below.
  void sign_out(std::string_view why);
  /// The transport is gone (whoever closed it). Detaches from session and shard, once. `why`, for
  /// operators: the reason of our close code, or what Socket.IO calls it ("transport close").
  void closed(bool recoverable, std::string_view why);
  const std::string& pid() const { return pid_; }
  bool is_closed() const { return is_closed_; }

protected:
  /// Before the first subscription: what is delivered comes in this encoding.
  void set_protocol(encoding e) { protocol_ = e; }
  void become_dirty(); // flush() at the end of this turn
  write_queue& queue() { return queue_; }
  /// True: several frames may come as one buffer (a WebSocket takes it as it is; polling needs them
  /// apart).
  void set_takes_chunks(bool yes) { takes_chunks_ = yes; }
  /// What its WebSocket agreed to: websocket::window_bits().
  void set_window_bits(std::uint8_t bits) { takes_deflated_ = bits == 15; }
  void set_adds_to_events(bool yes) { adds_to_events_ = yes; }

private:
  friend class shard;
  friend class topics;
  friend class recovery;
  void send(actors::reply_to origin, domain::command what);
  bool may_send(const domain::command& what) const;
  void send_waiting();
  void on_flushed(); // by its shard
  void note_backlog();
  bool is_let_in(const sign_in_handler& refused);
  void verify(std::string token, sign_in_handler done);
  bool take_place(const sign_in_handler& refused); // among its address's connections
  void open_fresh(const domain::principal& who, const sign_in_handler& done);
  void park();
  void subscribe_to_own();
  void note_end(std::string_view why, bool recoverable);
  // -- at the bound (shedding.cpp) --
  bool make_room(std::size_t bytes, const handling& how);
  void note_dropped(const domain::topic* from, std::string_view cls, std::uint32_t count = 1);
  void tell_gaps();

  // What a delivery touches comes first: with many connections these lines are what it waits for.
  shard& home_;
  encoding protocol_;
  bool is_dirty_ = false;
  bool is_closed_ = false;
  bool is_overflowed_ = false;
  bool is_counted_ = false; // among its address's connections
  bool takes_chunks_ = false;
  bool takes_deflated_ = false;
  bool adds_to_events_ = false;
  bool is_waiting_ = false;     // there is a backlog of commands …
  bool is_crowded_ = false;     // … and it is as long as it may be
  bool is_catching_up_ = false; // a command is under way whose answer may be large
  std::uint8_t credits_;
  actors::connection_ref ref_;
  struct held_event {
    domain::event_ptr what;
    std::uint64_t position;
  };
  std::unique_ptr<std::vector<held_event>> held_; // during recovery deliveries wait here
  using gap_counts = std::map<std::pair<domain::topic, std::string_view>, std::uint32_t>;
  std::unique_ptr<gap_counts> gaps_; // dropped and not yet told, by topic and class
  std::uint64_t last_marked_ = 0;    // the journal's position of the last delivery with an offset
  write_queue queue_;
  std::uint64_t walk_ = 0;
  std::uint64_t unordered_until_ = 0; // … and of the last without one

  actors::session_actor session_;
  domain::user_id user_;
  domain::session_facts facts_;
  std::string address_;
  std::string session_id_;
  std::string pid_;
  stretch stretch_; // its time on this shard
  std::vector<std::pair<struct topic_entry*, std::size_t>> subscriptions_;
  // Rare, so allocated when needed: an idle connection keeps it small.
  std::unique_ptr<std::deque<std::pair<actors::reply_to, domain::command>>>
    backlog_; // commands that may not be sent yet
};

} // namespace net
