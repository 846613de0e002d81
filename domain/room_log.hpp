#pragma once

#include "domain/event.hpp"
#include "domain/limits.hpp"
#include "domain/message.hpp"
#include "domain/room.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <unordered_map>
#include <vector>

namespace domain {

/// A room's brain: what is stored, what is under way, what others have been shown. Beside it stand
/// `typing_set` and `attendance`. No I/O, no clock; used by one thread (the room's actor) at a
/// time.
///
/// An append goes: propose → (storage commits) → committed, which gives the events to show, always
/// in seq order and each once. A "no" of storage (overloaded, validation …) → rejected. An answer
/// that does not tell (timeout, retry) → lost: all that is under way is void until `reload` brings
/// the truth under a new epoch.
class room_log {
public:
  /// Names one append under way; never reused.
  using ticket = std::uint64_t;

  struct proposal {
    ticket number = 0;
    domain::epoch epoch = 0;
    domain::message message; // seq 0: the commit gives it
    std::string body;        // for the log, without seq
  };

  /// What storage said when the room was activated. `recent`: ascending, ends with `last_seq`; may
  /// be empty.
  room_log(domain::room meta, domain::epoch epoch, seq last_seq, std::vector<logged_event> recent);

  const domain::room& meta() const { return meta_; }
  domain::epoch epoch() const { return epoch_; }
  /// The newest event that was shown. Every event up to here is stored.
  seq last_seq() const { return last_seq_; }
  std::size_t pending() const { return pending_.size(); }
  void set_member_count(std::size_t members) { meta_.member_count = members; }

  /// Errors: overloaded (limits::pending_appends under way), retry (between `lost` and `reload`).
  result<proposal>
  propose(const member_ref& sender, const draft& what, timestamp now, message_id id);

  /// Stored as `at`; the answer is the events that may now be shown (none while an earlier one is
  /// missing, none for a retried message: it was shown already). A ticket from before `lost` gives
  /// none: the reload shows it.
  std::vector<event_ptr> committed(ticket number, seq at, bool was_new = true);
  /// Surely not stored. It took no seq, so others are not concerned.
  void rejected(ticket number);
  /// Nobody knows: voids everything under way. Call `reload` after a new activation.
  void lost();
  bool is_lost() const { return lost_; }
  /// `events`: all with seq > last_seq() (before this call), ascending. Answers those not yet
  /// shown.
  std::vector<event_ptr> reload(domain::epoch epoch, const std::vector<logged_event>& events);

  /// What a client with `after` has missed.
  enum class source : std::uint8_t {
    here,        // `events` is the answer
    reset,       // beyond last_seq (another history), or more than `limit` are missing
    ask_storage, // older than the ring: reader.events(room, after, limit), not beyond `until`
  };
  enum class overflow : std::uint8_t {
    reset, // all or nothing (join, sync)
    cut,   // the first `limit`, with `more` (GET …/events)
  };
  struct missed {
    source from = source::here;
    std::vector<logged_event> events; // ascending
    bool more = false;                // with `cut`: also right for ask_storage
    seq until = 0;                    // last_seq at the time of asking
  };
  missed after(seq known, std::size_t limit, overflow policy = overflow::reset) const;

  /// The newest `limit` messages ("new-message") of the ring as a client is shown them, ascending;
  /// fewer when they have more than `bytes`, but one at least.
  std::vector<std::string> recent_messages(std::size_t limit, std::size_t bytes) const;
  /// Does the ring hold the room's whole history? (Else an older message may be in storage only.)
  bool has_all() const { return recent_.empty() ? last_seq_ == 0 : recent_.front().seq == 1; }

private:
  void show(logged_event e, std::vector<event_ptr>& out);
  void keep(logged_event e);

  domain::room meta_;
  domain::epoch epoch_ = 0;
  seq last_seq_ = 0;
  ticket next_ticket_ = 1;
  bool lost_ = false;
  std::deque<logged_event> recent_; // at most limits::recent_events and recent_bytes, without holes
  std::size_t recent_bytes_ = 0;
  std::unordered_map<ticket, logged_event> pending_; // seq 0
  std::map<seq, logged_event> early_; // stored, but an earlier one is missing; part of the bound
};

} // namespace domain
