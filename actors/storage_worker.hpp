#pragma once

#include "actors/repositories.hpp"
#include "domain/time.hpp"

#include <atomic>
#include <memory>

// The threads that wait for the disk: one writer and a few readers, behind the fronts of
// repositories.hpp.
namespace actors {

struct surroundings;

/// A question and when it was put, so that what waited too long is shed instead of done for nobody.
template <class Question>
struct queued {
  Question what;
  domain::steady_time since{};
};

/// The writer's message to itself: it lies behind everything that queued up while the last commit
/// ran.
struct storage_flush {};

using storage_writer_actor = caf::typed_actor<
  caf::replies_to<queued<write_change>>::with<persistence::written>, caf::reacts_to<storage_flush>>;

using storage_reader_actor = caf::typed_actor<
  caf::replies_to<queued<find_user>>::with<found_user>,
  caf::replies_to<queued<find_login>>::with<found_login>,
  caf::replies_to<queued<find_answer>>::with<found_answer>,
  caf::replies_to<queued<find_room>>::with<found_room>,
  caf::replies_to<queued<find_member>>::with<found_member>,
  caf::replies_to<queued<list_rooms>>::with<persistence::room_page>,
  caf::replies_to<queued<list_members>>::with<member_list>,
  caf::replies_to<queued<load_events>>::with<event_list>,
  caf::replies_to<queued<load_messages>>::with<persistence::message_page>,
  caf::replies_to<queued<find_message>>::with<found_message>>;

/// How many questions lie with one worker. Counted up by the fronts, down by the worker.
using storage_load = std::shared_ptr<std::atomic<std::size_t>>;

struct storage_worker_args {
  std::shared_ptr<surroundings> world;
  persistence::storage* storage = nullptr;
  storage_load load;
};

/// On threads of their own, unless the settings say otherwise.
storage_writer_actor spawn_storage_writer(caf::actor_system& system, storage_worker_args args);
storage_reader_actor spawn_storage_reader(caf::actor_system& system, storage_worker_args args);

} // namespace actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::storage_flush)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::queued<::actors::write_change>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::queued<::actors::find_user>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::queued<::actors::find_login>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::queued<::actors::find_answer>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::queued<::actors::find_room>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::queued<::actors::find_member>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::queued<::actors::list_rooms>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::queued<::actors::list_members>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::queued<::actors::load_events>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::queued<::actors::load_messages>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::queued<::actors::find_message>)
