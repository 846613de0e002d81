#pragma once

#include "net/socketio/socket.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace conformance {

/// One namespace of mode "app": who is in it, in which rooms, and what lost clients may come back
/// to (protocol.md 2.4). Every event that may be replayed carries its number as offset.
class hall {
public:
  /// A client that is here. A room of its own name is for it alone.
  struct guest {
    net::socketio::socket* socket = nullptr;
    std::string sid;
    std::string pid;
    std::set<std::string> rooms;
    std::uint64_t since = 0; // the last event before it came
  };

  explicit hall(std::chrono::milliseconds window) : window_(window) {}

  void enter(guest& g);
  void leave(guest& g, bool may_return);
  void join(guest& g, const std::string& room);

  /// To everybody in the room, but `except`.
  void broadcast(
    const std::string& room, const guest* except, std::string_view name,
    net::socketio::content args);
  /// The same, not kept: whoever can't take it now goes without.
  void broadcast_volatile(
    const std::string& room, const guest* except, std::string_view name, std::string_view args);
  std::uint64_t last() const { return last_; }
  std::uint64_t next_seq(const std::string& room) { return ++seqs_[room]; }

  /// Gives `into` its old names and rooms, and the events that it missed behind `offset` (empty:
  /// since it came). False: unknown or too late, it starts afresh.
  bool recover(const std::string& pid, std::string_view offset, guest& into);

private:
  struct event {
    std::uint64_t number;
    std::chrono::steady_clock::time_point at;
    std::string room;
    std::string except; // a sid
    std::string json;   // with the name
    std::vector<std::string> attachments;
  };
  struct lost {
    guest who;
    std::chrono::steady_clock::time_point until;
  };
  void forget_old();
  template <class Each>
  void for_each_in(const std::string& room, const guest* except, Each each);

  std::chrono::milliseconds window_;
  std::unordered_map<std::string, std::set<guest*>> rooms_;
  std::unordered_map<std::string, guest*> by_pid_;
  std::map<std::string, lost> lost_;
  std::unordered_map<std::string, std::uint64_t> seqs_;
  std::deque<event> log_;
  std::uint64_t last_ = 0;
  std::uint64_t forgotten_ = 0;
};

} // namespace conformance
