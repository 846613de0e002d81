#pragma once

#include "domain/event.hpp"
#include "domain/priority.hpp"
#include "net/frame.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace net {

/// How a frame is treated while its connection has a backlog.
struct handling {
  domain::priority priority = domain::priority::normal;
  bool is_volatile = false;
  std::shared_ptr<const domain::topic> topic{}; // for `gap`, and with the key; may be none
  std::string_view key{};                       // of undelivered ones only the newest is sent
};

/// The backlog of one connection, by class: a higher one first, but after `overtakes_max` frames
/// went before an older one of a lower class, that one goes. Order within a class is kept, except
/// that a frame with a key takes the place of the one with the same topic and key: a stream of
/// updates that could only lose its place would never be sent. One thread.
class class_queue {
public:
  /// Frames of one packet stay together. True: they took the place of an older event.
  bool push(std::span<const frame_ptr> unit, const handling& how);
  /// Of the older event whose place it would take; 0: none.
  std::size_t bytes_replaced_by(const handling& how) const;
  /// Whether something older would be written after it.
  bool would_overtake(const handling& how) const;

  /// Appends what is to be written next, at least one unit, then no more than so much.
  /// Precondition: not empty. Returns the bytes.
  std::size_t take(std::vector<frame_ptr>& into, std::size_t frames_max, std::size_t bytes_max);

  struct dropped {
    std::shared_ptr<const domain::topic> topic;
    std::string_view cls; // "volatile", "background", "low"
    std::size_t bytes = 0;
  };
  /// All that are volatile, of any class.
  std::vector<dropped> drop_volatile();
  /// The oldest of a class. Precondition: has(p).
  dropped drop_oldest(domain::priority p);
  bool has(domain::priority p) const { return at(p).live > 0; }
  bool has_volatile() const { return volatile_ > 0; }

  bool empty() const { return live_ == 0; }
  std::size_t bytes() const { return bytes_; }
  std::size_t units() const { return live_; }

private:
  struct entry {
    frame_ptr first; // nullptr: dropped, or moved to another class
    std::vector<frame_ptr> rest;
    std::shared_ptr<const domain::topic> topic;
    std::string key; // of `keys_`; empty: none
    std::uint64_t order = 0;
    bool is_volatile = false;
    std::size_t bytes() const;
  };
  struct lane {
    std::vector<entry> entries;
    std::size_t head = 0;
    std::uint64_t number = 0; // of entries[0]; numbers only grow
    std::size_t live = 0;
  };
  struct position {
    domain::priority lane{};
    std::uint64_t number = 0;
  };

  const lane& at(domain::priority p) const { return lanes_[static_cast<std::size_t>(p)]; }
  lane& at(domain::priority p) { return lanes_[static_cast<std::size_t>(p)]; }
  entry& at(const position& p) { return at(p.lane).entries[p.number - at(p.lane).number]; }
  bool replace(std::span<const frame_ptr> unit, const handling& how, const std::string& key);
  lane& choose();
  dropped kill(lane& from, entry& e, std::string_view cls);
  void forget_key(const entry& e);
  static void skip_dead(lane& l);

  std::array<lane, domain::priority_count> lanes_;
  std::unordered_map<std::string, position> keys_; // "topic\0key" of what waits
  std::uint64_t last_order_ = 0;
  std::size_t bytes_ = 0, live_ = 0, volatile_ = 0, overtakes_ = 0;
};

} // namespace net
