#pragma once

#include "actors/authenticator.hpp"
#include "actors/broadcaster.hpp"
#include "actors/repositories.hpp"
#include "actors/room_directory.hpp"
#include "actors/storage_worker.hpp"

#include <mutex>
#include <utility>
#include <vector>

namespace actors {

/// Where the actors are that a node has one of. A restart puts a new handle in, so ask each time.
/// Any thread.
class address_book {
public:
  struct writer_entry {
    storage_writer_actor worker;
    storage_load load;
  };
  struct reader_entry {
    storage_reader_actor worker;
    storage_load load;
  };

  user_repository_actor users() const { return get(users_); }
  room_repository_actor rooms() const { return get(rooms_); }
  message_repository_actor messages() const { return get(messages_); }
  authenticator_actor authenticator() const { return get(authenticator_); }
  room_directory_actor directory() const { return get(directory_); }
  broadcaster_actor broadcaster() const { return get(broadcaster_); }
  writer_entry writer() const { return get(writer_); }
  /// The one with the least to do.
  reader_entry reader() const {
    std::lock_guard guard{mutex_};
    const reader_entry* best = nullptr;
    for (const auto& each : readers_)
      if (each.worker && (best == nullptr || each.load->load() < best->load->load()))
        best = &each;
    return best == nullptr ? reader_entry{} : *best;
  }

  void put(user_repository_actor who) { set(users_, std::move(who)); }
  void put(room_repository_actor who) { set(rooms_, std::move(who)); }
  void put(message_repository_actor who) { set(messages_, std::move(who)); }
  void put(authenticator_actor who) { set(authenticator_, std::move(who)); }
  void put(room_directory_actor who) { set(directory_, std::move(who)); }
  void put(broadcaster_actor who) { set(broadcaster_, std::move(who)); }
  void put(writer_entry who) { set(writer_, std::move(who)); }
  void put(std::size_t index, reader_entry who) {
    std::lock_guard guard{mutex_};
    if (readers_.size() <= index)
      readers_.resize(index + 1);
    std::swap(readers_[index], who);
  }
  /// Forgets all: the handles would keep their actors alive.
  void clear() {
    put(user_repository_actor{});
    put(room_repository_actor{});
    put(message_repository_actor{});
    put(authenticator_actor{});
    put(room_directory_actor{});
    put(broadcaster_actor{});
    put(writer_entry{});
    std::vector<reader_entry> gone;
    std::lock_guard guard{mutex_};
    gone.swap(readers_);
  }

private:
  template <class T>
  T get(const T& place) const {
    std::lock_guard guard{mutex_};
    return place;
  }
  template <class T>
  void set(T& place, T value) { // the old handle is dropped after the lock
    std::lock_guard guard{mutex_};
    std::swap(place, value);
  }

  mutable std::mutex mutex_;
  user_repository_actor users_;
  room_repository_actor rooms_;
  message_repository_actor messages_;
  authenticator_actor authenticator_;
  room_directory_actor directory_;
  broadcaster_actor broadcaster_;
  writer_entry writer_;
  std::vector<reader_entry> readers_;
};

} // namespace actors
