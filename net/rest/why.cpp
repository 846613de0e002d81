// GET /admin/why: where a recent message went for one user.
#include "domain/json.hpp"
#include "net/client.hpp"
#include "net/journal.hpp"
#include "net/rest/asking.hpp"
#include "net/rest/envelope.hpp"
#include "net/rest/resources.hpp"
#include "net/shard.hpp"
#include "net/topics.hpp"
#include "net/trail.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>

namespace net::rest {

namespace {

using http::exchange_ptr;
using http::parameters;

/// Between the storing of a message and its being written, at most.
constexpr std::chrono::milliseconds turn_max{500};

/// What one shard knows of one session and the message.
struct sighting {
  enum class fate { written, waiting, unsent };
  std::string session;
  std::uint32_t shard = 0;
  fate what = fate::written;
  std::size_t bytes = 0; // that wait, or that were never sent
  bool is_connected = false;
  std::string ended; // by which rule
};

struct findings {
  std::vector<sighting> seen;
  std::size_t other_sessions = 0; // of the user, connected then, but without this room
  std::string last_end;           // by which rule the last connection before had ended
  domain::timestamp last_end_at{};
  bool is_exact = false;     // the delivery itself is still known, not only its time
  bool is_forgotten = false; // what was then is no longer known on some shard
};

struct inquiry {
  domain::message message;
  domain::user user;
  std::string role; // in the room; empty: none
  domain::room room;
  findings found;
  std::size_t shards_left = 0;
};
using inquiry_ptr = std::shared_ptr<inquiry>;

/// What became of one session on one shard, as its trail is read.
struct history {
  std::string session;
  bool is_connected = false; // when the message came
  bool is_inside = false;    // the room, when the message came
  bool is_ended = false;     // the connection of then
  std::size_t unsent = 0;
  std::string ended;

  void before(const trail::record& r, const domain::topic& room) {
    switch (r.what) {
    case trail::kind::connected:
      is_connected = true;
      break;
    case trail::kind::subscribed:
      is_connected = true; // a session that came back is not noted as connected again
      is_inside = is_inside || r.topic == room;
      break;
    case trail::kind::unsubscribed:
      is_inside = is_inside && r.topic != room;
      break;
    case trail::kind::overflowed:
      break;
    case trail::kind::closed:
      is_connected = is_inside = false;
      break;
    }
  }
  /// `at`: when the message came.
  void behind(const trail::record& r, domain::timestamp at) {
    const bool is_end = r.what == trail::kind::closed;
    if (is_ended || (!is_end && r.what != trail::kind::overflowed))
      return; // of a later connection, or of no interest
    // What waited at the end may all have come later: a message of before the jam had left.
    if (r.blocked == domain::timestamp{} || at + turn_max >= r.blocked)
      unsent = std::max(unsent, r.unsent);
    is_ended = is_end;
    ended = r.ended;
  }
};

std::vector<history>
read_trail(const trail& past, const inquiry& about, std::optional<std::uint64_t> place) {
  std::vector<history> all;
  const auto topic = domain::topic_of(about.room.id);
  for (const auto& r : past.records()) {
    if (r.user != about.user.id.value)
      continue;
    auto one = std::find_if(
      all.begin(), all.end(), [&](const history& h) { return h.session == r.session; });
    if (one == all.end())
      one = all.insert(all.end(), history{.session = r.session, .ended = {}});
    if (place ? r.position < *place : r.at <= about.message.at)
      one->before(r, topic);
    else
      one->behind(r, about.message.at);
  }
  return all;
}

/// Runs on `home`.
findings look(shard& home, const inquiry& about) {
  findings out;
  const auto topic = domain::topic_of(about.room.id);
  std::optional<std::uint64_t> place;
  home.recent().replay(0, [&](const journal::entry& e) {
    if (e.what->seq == about.message.seq && e.what->topic == topic)
      place = e.position;
  });
  out.is_exact = place.has_value();
  const auto& past = home.past();
  out.is_forgotten = !place && past.forgotten() > about.message.at;
  for (const auto& h : read_trail(past, about, place)) {
    if (!h.is_inside) {
      out.other_sessions += h.is_connected ? 1 : 0;
      continue;
    }
    sighting made{h.session, home.index(), sighting::fate::written, 0, !h.is_ended, h.ended};
    if (h.is_ended && h.unsent > 0) {
      made.what = sighting::fate::unsent;
      made.bytes = h.unsent;
    } else if (auto* entry = home.subscribers().find(topic); entry != nullptr && !h.is_ended) {
      for (const auto* who : entry->subscribers)
        if (who->session_id() == h.session && who->waiting_bytes() > 0) {
          made.what = sighting::fate::waiting;
          made.bytes = who->waiting_bytes();
        }
    }
    out.seen.push_back(std::move(made));
  }
  for (const auto& r : past.records())
    if (
      r.what == trail::kind::closed && r.user == about.user.id.value
      && (place ? r.position < *place : r.at <= about.message.at)) {
      out.last_end = r.ended;
      out.last_end_at = r.at;
    }
  return out;
}

/// The close code of a rule; 0: it has none.
std::uint16_t code_of(std::string_view rule) {
  for (const auto& row : domain::close_table())
    if (row.reason == rule)
      return static_cast<std::uint16_t>(row.code);
  return 0;
}

/// `slow consumer (4008)`.
std::string with_code(const std::string& rule) {
  const auto code = code_of(rule);
  return code == 0 ? rule : rule + " (" + std::to_string(code) + ')';
}

struct verdict {
  std::string_view word;
  std::string text;
};

verdict judge(const inquiry& about) {
  using fate = sighting::fate;
  const auto any = [&](fate f) {
    return std::any_of(about.found.seen.begin(), about.found.seen.end(), [&](const sighting& s) {
      return s.what == f;
    });
  };
  if (any(fate::written))
    return {"delivered", "It was written to a connection of this user"};
  if (any(fate::waiting))
    return {"waiting", "It was queued; the connection has not taken all that waits for it"};
  for (const auto& each : about.found.seen)
    if (each.what == fate::unsent)
      return {
        "unsent", "It was queued, and the connection ended with bytes unsent: "
                    + with_code(each.ended) + ". The client gets it when it resumes"};
  if (about.role.empty() && about.room.type != domain::room_type::open)
    return {"not-a-member", "The user is not a member of the room, which is not public"};
  if (about.found.is_forgotten)
    return {"unknown", "It is too long ago: what was connected then is no longer known"};
  if (about.found.other_sessions > 0)
    return {"not-in-room", "The user was connected, but no connection had entered the room"};
  const auto& last = about.found.last_end;
  return {
    "not-connected",
    "The user had no connection then"
      + (last.empty() ? std::string{} : "; the last one had ended: " + with_code(last))};
}

std::string render(const inquiry& about) {
  constexpr std::string_view fates[] = {"written", "waiting", "unsent"};
  std::string deliveries = "[";
  for (const auto& each : about.found.seen) {
    if (deliveries.size() > 1)
      deliveries += ',';
    domain::json_object one;
    one.text("session", each.session).number("shard", std::uint64_t{each.shard});
    one.text("fate", fates[static_cast<std::size_t>(each.what)]);
    one.number("bytes", std::uint64_t{each.bytes}).boolean("connected", each.is_connected);
    if (!each.is_connected)
      one.text("ended", each.ended);
    if (const auto code = code_of(each.ended); code != 0)
      one.number("closeCode", std::uint64_t{code});
    deliveries += one.take();
  }
  const auto v = judge(about);
  return domain::json_object{}
    .text("verdict", v.word)
    .text("explanation", v.text)
    .raw(
      "message", domain::json_object{}
                   .text("id", about.message.id.value)
                   .text("roomId", about.room.id.value)
                   .text("roomType", domain::to_string(about.room.type))
                   .number("seq", std::uint64_t{about.message.seq})
                   .text("senderId", about.message.sender.user.value)
                   .text("storedAt", domain::to_iso8601(about.message.at))
                   .take())
    .raw(
      "user", domain::json_object{}
                .text("id", about.user.id.value)
                .text("username", about.user.username)
                .text_or_null("memberAs", about.role)
                .take())
    .boolean("exact", about.found.is_exact)
    .number("otherSessions", std::uint64_t{about.found.other_sessions})
    .raw("deliveries", deliveries + ']')
    .take();
}

void ask_shards(services& s, const exchange_ptr& e, const inquiry_ptr& about) {
  about->shards_left = s.shards.size();
  for (auto* each : s.shards)
    each->post([&s, e, about, each] {
      auto found = look(*each, *about); // does not look at `found`, which s.home alone touches
      s.home.post([&s, e, about, found = std::move(found)]() mutable {
        auto& all = about->found;
        std::move(found.seen.begin(), found.seen.end(), std::back_inserter(all.seen));
        all.other_sessions += found.other_sessions;
        if (found.last_end_at > all.last_end_at) {
          all.last_end = std::move(found.last_end);
          all.last_end_at = found.last_end_at;
        }
        all.is_exact = all.is_exact || found.is_exact;
        all.is_forgotten = all.is_forgotten || found.is_forgotten;
        if (--about->shards_left == 0)
          e->respond(resource(e->req(), 200, render(*about), now(s)));
      });
    });
}

auto not_found_as(const exchange_ptr& e, const char* what) {
  return [e, what](const domain::error& why) {
    e->fail(
      why.code == domain::errc::not_found
        ? domain::error{domain::errc::not_found, std::string{what} + " not found", {}, {}}
        : why);
  };
}

void find_role(services& s, const exchange_ptr& e, const inquiry_ptr& about) {
  s.ask.ask<actors::found_member>(
    s.node.rooms(), domain::limits::query_timeout,
    actors::find_member{about->room.id, about->user.id},
    [&s, e, about](actors::found_member& found) {
      about->role = domain::to_string(found.membership.role);
      ask_shards(s, e, about);
    },
    [&s, e, about](const domain::error& why) {
      if (why.code != domain::errc::not_found)
        return e->fail(why);
      ask_shards(s, e, about);
    });
}

void explain(services& s, const exchange_ptr& e) {
  if (const auto why = check_parameters(e->req(), {"message", "user"}))
    return e->fail(*why);
  const std::string message{e->req().parameter("message")};
  const std::string user{e->req().parameter("user")};
  if (message.empty() || user.empty())
    return e->fail(
      {domain::errc::validation_failed,
       "Validation failed",
       {{message.empty() ? "message" : "user", "is required"}},
       {}});
  s.node.outside().log->info(
    "admin-asked-why", {{"message", std::string_view{message}},
                        {"user", std::string_view{user}},
                        {"by", std::string_view{e->req().who->user.value}}});
  const auto about = std::make_shared<inquiry>();
  const auto with_room = [&s, e, about](actors::found_room& found) {
    about->room = std::move(found.room);
    find_role(s, e, about);
  };
  const auto with_user = [&s, e, about, with_room](actors::found_user& found) {
    about->user = std::move(found.user);
    s.ask.ask<actors::found_room>(
      s.node.rooms(), domain::limits::query_timeout, actors::find_room{about->message.room},
      with_room, not_found_as(e, "Room"));
  };
  s.ask.ask<actors::found_message>(
    s.node.messages(), domain::limits::query_timeout,
    actors::find_message{domain::message_id{message}},
    [&s, e, about, user, with_user](actors::found_message& found) {
      about->message = std::move(found.message);
      s.ask.ask<actors::found_user>(
        s.node.users(), domain::limits::query_timeout, actors::find_user{domain::user_id{user}},
        with_user, not_found_as(e, "User"));
    },
    not_found_as(e, "Message"));
}

} // namespace

void add_why(http::routes& table, services& s) {
  table.get(
    "/admin/why", {"Where a recent message went for one user", http::access::admin},
    [&s](const exchange_ptr& e, const parameters&) { explain(s, e); });
}

} // namespace net::rest
