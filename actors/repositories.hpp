#pragma once

#include "persistence/storage.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/typed_actor.hpp>

#include <functional>
#include <string>
#include <vector>

// Fronts of the storage: bounded (repository_queue, then `overloaded`), never blocking; the work is
// done by one writer and a few readers on threads of their own (storage_worker). All answers come
// after the commit. Errors: the change's own (persistence/storage.hpp), overloaded, unavailable,
// retry (unknown fate).
namespace actors {

struct write_change {
  persistence::change what;
}; // → persistence::written, or a CAF error that from_caf() turns back

struct find_user {
  domain::user_id id;
  std::string login{}; // a sign-in of theirs that is asked about, too
};                     // → found_user; not_found
struct found_user {
  domain::user user;
  bool is_login_revoked = false;
};
struct find_login {
  std::string email;
}; // → found_login; not_found
struct found_login {
  persistence::login_record record;
};

struct find_room {
  domain::room_id id;
}; // → found_room; not_found
struct found_room {
  domain::room room;
};
struct find_member {
  domain::room_id room;
  domain::user_id user;
}; // → found_member; not_found
struct found_member {
  domain::membership membership;
};
struct list_rooms {
  domain::user_id viewer;
  std::size_t limit = 10;
  std::size_t offset = 0;
}; // → persistence::room_page
struct list_members {
  domain::room_id room;
  std::size_t limit = 100;
  std::size_t offset = 0;
}; // → member_list
struct member_list {
  std::vector<domain::membership> members;
};

struct load_events {
  domain::room_id room;
  domain::seq after = 0;
  std::size_t limit = 0;
  bool newest = false;
}; // → event_list, ascending
struct event_list {
  std::vector<domain::logged_event> events;
};
struct load_messages {
  domain::room_id room;
  persistence::page_query page;
}; // → persistence::message_page
struct find_message {
  domain::message_id id;
}; // → found_message; not_found
struct found_message {
  domain::message message;
};
struct find_answer {
  domain::user_id user;
  std::string key;
  domain::timestamp now{};
}; // → found_answer
struct found_answer {
  bool found = false;
  persistence::stored_answer answer;
};

using user_repository_actor = caf::typed_actor<
  caf::replies_to<write_change>::with<persistence::written>,
  caf::replies_to<find_user>::with<found_user>, caf::replies_to<find_login>::with<found_login>,
  caf::replies_to<find_answer>::with<found_answer>>;

using room_repository_actor = caf::typed_actor<
  caf::replies_to<write_change>::with<persistence::written>,
  caf::replies_to<find_room>::with<found_room>, caf::replies_to<find_member>::with<found_member>,
  caf::replies_to<list_rooms>::with<persistence::room_page>,
  caf::replies_to<list_members>::with<member_list>>;

using message_repository_actor = caf::typed_actor<
  caf::replies_to<write_change>::with<persistence::written>,
  caf::replies_to<load_events>::with<event_list>,
  caf::replies_to<load_messages>::with<persistence::message_page>,
  caf::replies_to<find_message>::with<found_message>>;

} // namespace actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::persistence::written)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::persistence::room_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::persistence::message_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::write_change)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::find_user)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::found_user)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::find_login)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::found_login)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::find_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::found_room)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::find_member)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::found_member)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::list_rooms)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::list_members)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::member_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::load_events)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::event_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::load_messages)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::find_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::found_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::find_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(::actors::found_answer)
