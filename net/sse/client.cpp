#include "net/sse/client.hpp"

#include "actors/node.hpp"
#include "domain/json.hpp"
#include "net/json/failure.hpp"
#include "net/json/reader.hpp"
#include "net/shard.hpp"
#include "net/sse/encoder.hpp"

#include <caf/all.hpp>

#include <array>
#include <charconv>

namespace net::sse {
namespace {

using std::chrono::steady_clock;

encoding format_of(const wanted& what) {
  return what.rooms.size() == 1 ? encoding::sse : encoding::sse_rooms;
}

/// What a failed reply says, for an HTTP answer.
domain::error error_of(const actors::reply& failed) {
  domain::error made{domain::errc::unavailable, "The stream could not be opened", {}, {}};
  const auto read = json::parse(failed.json);
  if (!read || !read->IsObject() || !read->HasMember("error"))
    return made;
  const auto& why = (*read)["error"];
  for (const auto& row : domain::error_table())
    if (why.HasMember("code") && why["code"].IsString() && row.wire_name == why["code"].GetString())
      made.code = row.code;
  if (why.HasMember("message") && why["message"].IsString())
    made.message = why["message"].GetString();
  return made;
}

/// The `reconnectIn` of `server-drain`, in ms; 0: there is none.
std::chrono::milliseconds pause_of(std::string_view drain_json) {
  constexpr std::string_view key = "\"reconnectIn\":";
  const auto at = drain_json.find(key);
  std::int64_t pause = 0;
  if (at != std::string_view::npos) {
    const auto* begin = drain_json.data() + at + key.size();
    std::from_chars(begin, drain_json.data() + drain_json.size(), pause);
  }
  return std::chrono::milliseconds{pause};
}

} // namespace

sse_client::sse_client(services& context, timers& clock, http::exchange_ptr asked, wanted what)
    : net::client{context.home, format_of(what), asked->req().address}, context_{context},
      clock_{clock}, asked_{std::move(asked)}, wanted_{std::move(what)}, positions_{wanted_.rooms} {
  set_takes_chunks(protocol() == encoding::sse);
  set_adds_to_events(protocol() == encoding::sse_rooms);
}

// -- opening --

void sse_client::open() {
  is_lost_ = !wanted_.last_event_id.empty() && !positions_.read(wanted_.last_event_id);
  asked_->on_abort([weak = weak_from_this()] {
    if (const auto alive = weak.lock())
      alive->closed(false, "transport close");
  });
  sign_in(
    *asked_->req().who, [weak = weak_from_this()](domain::result<net::client::signed_in> outcome) {
      const auto alive = std::static_pointer_cast<sse_client>(weak.lock());
      if (!alive)
        return;
      if (!outcome)
        return alive->refuse(outcome.error());
      alive->session_id_ = outcome->session_id;
      alive->ask_on();
    });
}

/// As many questions as there are credits for.
void sse_client::ask_on() {
  while (next_ < questions() && !is_paused() && !is_closed()) {
    const auto number = next_++;
    actors::reply_to origin{ref(), std::to_string(number), "watch-room"};
    if (number < wanted_.rooms.size()) {
      const auto& room = wanted_.rooms[number];
      submit(std::move(origin), domain::watch_room{room, positions_.find(room)});
    } else {
      submit(std::move(origin), domain::subscribe{wanted_.topics[number - wanted_.rooms.size()]});
    }
  }
}

void sse_client::on_answer(const actors::reply_to& where, const actors::reply& what) {
  if (asked_ == nullptr)
    return;
  if (!what.ok)
    return refuse(error_of(what));
  std::size_t number = 0;
  std::from_chars(where.ack.data(), where.ack.data() + where.ack.size(), number);
  if (number < wanted_.rooms.size())
    on_room(wanted_.rooms[number], what);
  if (++answered_ == questions())
    begin();
  else
    ask_on();
}

/// What was missed in this room goes first, or the word that it can't be had. Deliveries come
/// behind the answer, so the order is right.
void sse_client::on_room(const domain::room_id& room, const actors::reply& what) {
  std::size_t bytes = 0;
  for (const auto& each : what.missed)
    bytes += each->data.size() + each->name.size();
  const auto read = json::parse(what.json);
  const bool is_whole =
    read && (*read)["reset"].IsFalse() && !is_lost_
    && caught_up_ + bytes <= domain::limits::catch_up_bytes(context_.config.queue_bytes_max);
  if (is_whole) {
    caught_up_ += bytes;
    for (const auto& each : what.missed) {
      positions_.set(room, each->seq);
      send(encode_event(each->name, each->data, positions_.text()));
    }
  }
  const auto last = read ? (*read)["lastSeq"].GetUint64() : 0;
  positions_.set(room, last);
  if (is_whole)
    return;
  const auto told =
    domain::json_object{}.text("roomId", room.value).number("lastSeq", std::uint64_t{last}).take();
  send(encode_event("reset", told, positions_.text()));
}

void sse_client::begin() {
  http::response head;
  head.content_type = "text/event-stream; charset=utf-8";
  head.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  auto given = std::exchange(asked_, nullptr)->take_stream(std::move(head));
  if (given == nullptr)
    return closed(false, "transport close");
  stream_ =
    std::make_shared<http::stream>(home(), std::move(given), queue(), [weak = weak_from_this()] {
      if (const auto alive = weak.lock())
        // Nothing here takes a session over: a new stream resumes by seq.
        alive->closed(false, "transport close");
    });
  stream_->on_drained([weak = weak_from_this()] { // what was dropped meanwhile can be told
    if (const auto alive = std::static_pointer_cast<sse_client>(weak.lock()))
      alive->become_dirty();
  });
  stream_->start();
  domain::json_object rooms;
  for (const auto& each : wanted_.rooms)
    rooms.number(each.value, std::uint64_t{positions_.find(each).value_or(0)});
  send(encode_retry(domain::limits::stream_retry));
  send(encode_event(
    "stream-ready",
    domain::json_object{}
      .text("sessionId", session_id_)
      .text("userId", user().value)
      .raw("rooms", rooms.take())
      .take(),
    positions_.text()));
  wanted_ = {};
  clock_.arm(*this, steady_clock::now() + context_.config.ping_interval);
}

void sse_client::refuse(const domain::error& why) {
  const auto keep = shared_from_this();
  if (const auto asked = std::exchange(asked_, nullptr))
    asked->fail(why);
  closed(false, "refused");
}

// -- from the actors --

void sse_client::on_event(const domain::event& what, const frame_ptr& shared, const handling& how) {
  if (what.seq != 0) {
    if (!positions_.pass(what))
      return;
    // One unit: nothing may come between an id and its event.
    if (const auto id = positions_.text(); !id.empty())
      return enqueue(std::array{encode_id(id), shared}, how);
  }
  enqueue(shared, how);
}

void sse_client::on_emit(std::string_view name, std::string_view data_json) {
  if (name == "server-drain")
    if (const auto pause = pause_of(data_json); pause.count() > 0)
      send(encode_retry(pause));
  send(encode_event(name, data_json, {}));
}

void sse_client::on_close(domain::close_code why) {
  const auto keep = shared_from_this();
  if (asked_ != nullptr)
    return refuse(
      {domain::errc::unavailable, "The session has ended", {}, std::chrono::seconds{1}});
  if (is_closed())
    return;
  disarm();
  const auto& row = domain::describe(why);
  auto last_word = encode_event(
    "stream-end",
    domain::json_object{}
      .number("code", std::uint64_t{static_cast<std::uint16_t>(why)})
      .text("reason", row.reason)
      .boolean("reconnect", row.reconnect)
      .take(),
    {});
  if (const auto parted = std::move(stream_))
    parted->end(std::move(last_word));
  closed(false, row.reason);
}

void sse_client::flush() {
  if (stream_ != nullptr)
    stream_->flush();
}

void sse_client::on_time(domain::steady_time now) {
  if (is_closed())
    return;
  send(heartbeat());
  clock_.arm(*this, now + context_.config.ping_interval);
}

} // namespace net::sse
