// Every bound and deadline of the house, in one place (design.md section 7). Those that operators
// may change are defaults here and carried in a config struct; the rest is fixed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace domain::limits {

using namespace std::chrono_literals;

// commands and connections
inline constexpr std::size_t unanswered_commands =
  16; // per connection: without a credit its socket is not read
inline constexpr std::size_t queue_bytes_max = 1u << 20; // per connection, closed above
inline constexpr std::size_t queue_bytes_warn =
  queue_bytes_max / 2; // volatile events dropped above
/// Frames of a higher class that may go before an older one of a lower class; then that one goes.
inline constexpr std::size_t overtakes_max = 16;
/// What of a backlog is handed to the socket at once, and can't be overtaken any more.
inline constexpr std::size_t committed_frames = 64;
inline constexpr std::size_t committed_bytes = 65'536;
inline constexpr std::size_t kernel_unsent_bytes =
  131'072; // per connection, beyond what is on its way: the socket takes no more
inline constexpr auto write_progress_timeout = 10s;
inline constexpr std::size_t frame_bytes_max = 1'000'000; // maxHttpBufferSize
inline constexpr std::size_t sessions_per_user = 50;
inline constexpr std::size_t rooms_per_session = 1'000;
inline constexpr std::size_t topics_per_session = 1'000;
inline constexpr std::size_t topic_bytes_max = 256;
inline constexpr std::size_t event_name_bytes_max = 128;
inline constexpr auto plain_authenticate_timeout = 5s;
inline constexpr auto socketio_connect_timeout = 45s;
inline constexpr std::size_t socketio_namespaces = 16; // of one connection
inline constexpr std::size_t socketio_questions =
  64; // acknowledgements that are awaited from one client
inline constexpr auto ping_interval = 25s;
inline constexpr auto ping_timeout = 20s;
inline constexpr auto upgrade_timeout = 10s;
inline constexpr std::size_t stream_rooms = 50; // of one event stream
inline constexpr std::size_t stream_topics = 50;
inline constexpr auto stream_retry = 2s;       // after a cut, unless `server-drain` says otherwise
inline constexpr auto stream_end_timeout = 5s; // to take what is still queued
inline constexpr auto resume_window = 120s;    // a session without a connection is kept this long
inline constexpr auto presence_grace = 5s;     // … and shown as present this long
inline constexpr std::size_t journal_events = 65'536;   // per shard, for recovery
inline constexpr std::size_t journal_bytes = 32u << 20; // per shard
inline constexpr std::size_t parked_sessions = 65'536;  // per shard, for recovery: oldest dropped
inline constexpr std::size_t parked_bytes = 64u << 20;  // per shard, of their topics' names

/// Of events that wait on one shard until they are handed to its connections, each with 256 bytes
/// for itself. From half of it on volatile events are dropped (counted, and told by `gap`); above
/// it publish, broadcasts and changes of rooms are refused as overloaded before they are accepted.
/// What was accepted is handed out, so somewhat more may wait.
inline constexpr std::size_t shard_queue_bytes_max = 8u << 20;

// rooms
inline constexpr std::size_t recent_events = 256;     // kept in memory per room
inline constexpr std::size_t recent_bytes = 1u << 20; // … and no more than this, but the newest
inline constexpr std::size_t join_messages = 50;      // sent with the answer to join-room
inline constexpr std::size_t sync_events = 500;       // per room and answer; beyond: reset
/// What one answer or recovery may bring at once, so that it always fits the connection's queue of
/// `queue_bytes` and leaves room for what happens meanwhile.
constexpr std::size_t catch_up_bytes(std::size_t queue_bytes) {
  return queue_bytes / 2;
}
inline constexpr std::size_t pending_appends = 1'024; // per room, then overloaded
inline constexpr auto typing_timeout = 3s;
inline constexpr auto room_idle = 600s; // passivated after
inline constexpr std::size_t message_characters = 4'000;
inline constexpr std::size_t client_id_bytes = 128;
inline constexpr std::size_t attachments = 10;
inline constexpr std::size_t attachments_bytes = 16'384; // of one message, as JSON
inline constexpr std::size_t room_name_characters = 100;

// broadcasting
inline constexpr std::size_t target_names = 1'000; // rooms, users, and each list of exceptions
inline constexpr std::size_t user_id_bytes = 256;
inline constexpr std::size_t broadcast_data_bytes = 1u << 18;
inline constexpr std::size_t key_bytes = 256;
inline constexpr std::size_t attributes_max = 32; // of a session, and of a condition
inline constexpr std::size_t attribute_name_bytes = 64;
inline constexpr std::size_t attribute_text_bytes = 256;
inline constexpr double radius_km_max = 20'040; // half of the Earth's circumference: everywhere
inline constexpr std::size_t batch_events = 10;
inline constexpr auto batch_time = 100ms;
inline constexpr std::size_t batch_event_bytes = 1u << 16; // of one batch; sent when it would grow
inline constexpr std::size_t open_batches = 1'000;         // then events go out unbatched
inline constexpr std::size_t counted_broadcasts = 1'024; // waiting for their count, then overloaded
inline constexpr std::size_t statistics_names = 1'000;   // events, rooms and users, each
inline constexpr std::size_t statistics_names_within = 20; // events of one room or user
inline constexpr std::size_t statistics_failures = 100;
inline constexpr std::size_t statistics_top = 5;
inline constexpr auto statistics_age = 24h;

// storage
inline constexpr std::size_t repository_queue = 10'000;
inline constexpr std::size_t batch_changes = 256;
inline constexpr std::size_t batch_bytes = 1u << 20;
inline constexpr auto repository_queue_age = 2s;
inline constexpr auto append_timeout = 4s;  // room → repository
inline constexpr auto command_timeout = 5s; // session → room; asked by the client
inline constexpr auto query_timeout = 4s;
inline constexpr std::size_t readers = 2; // threads

// front door
inline constexpr std::size_t http_header_bytes = 16'384;
inline constexpr std::size_t http_header_fields = 100;
inline constexpr std::size_t http_target_bytes = 4'096;
inline constexpr std::size_t http_body_bytes = 1'000'000;
inline constexpr auto http_header_time = 10s;
inline constexpr auto http_body_progress_time = 10s; // without a byte of it
inline constexpr auto http_idle_time = 60s;
/// Engine.IO sessions that have not signed in yet; further handshakes are refused (429). Many
/// people may come from one address at once, after a restart of their network for example.
inline constexpr std::size_t handshakes_per_address = 2'000;
inline constexpr std::size_t json_depth = 32;
inline constexpr std::size_t json_values = 10'000;
inline constexpr std::size_t json_keys = 256; // per object
inline constexpr std::size_t json_key_bytes = 256;
inline constexpr std::size_t polling_packets = 64; // per payload
/// Answers to polls that are compressed: smaller ones are not worth it, larger ones would hold up
/// their shard.
inline constexpr std::size_t gzip_bytes_min = 1'024;
inline constexpr std::size_t gzip_bytes_max = 1u << 20;
inline constexpr std::size_t page_limit_max = 100;
inline constexpr std::size_t event_page_bytes = 1u << 19; // GET …/events: a shorter page above

// looking inside
inline constexpr std::size_t traces = 16; // of a node; one per operator
inline constexpr std::size_t trace_lines = 1'000;
inline constexpr std::size_t trace_lines_max = 100'000;
inline constexpr auto trace_time = 60s;
inline constexpr auto trace_time_max = 3'600s;
inline constexpr auto trace_look_period = 100ms;           // at the counters of an actor
inline constexpr std::size_t trace_queue_bytes = 1u << 18; // above, lines are dropped and counted
inline constexpr std::size_t trail_records = 8'192;        // per shard: what became of connections

// passwords and tokens
inline constexpr std::size_t password_workers = 2;
inline constexpr std::size_t password_queue = 50;
inline constexpr auto access_token_life = 900s;
inline constexpr auto refresh_token_life = 30 * 86'400s;
inline constexpr auto token_grace = 30s; // a session lives this long beyond its token
inline constexpr std::size_t token_bytes = 8'192;

// supervision
inline constexpr std::size_t restarts = 5; // within restart_window, then give up: the node exits
inline constexpr auto restart_window = 10s;
inline constexpr auto drain_time = 10s;
inline constexpr std::size_t recent_deaths = 256;

} // namespace domain::limits
