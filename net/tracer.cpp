#include "net/tracer.hpp"

#include "domain/audience.hpp"
#include "domain/json.hpp"
#include "domain/limits.hpp"

#include <algorithm>
#include <chrono>

namespace net {
namespace {

constexpr std::size_t asked_max = 256; // answers that a room's trace waits for

/// A line, begun: when and what.
domain::json_object line(std::string_view what) {
  domain::json_object made;
  made.text(
    "at", domain::to_iso8601(std::chrono::time_point_cast<std::chrono::milliseconds>(
            std::chrono::system_clock::now())));
  made.text("what", what);
  return made;
}

domain::json_object line(std::string_view what, const trace_party& who) {
  auto made = line(what);
  made.text("session", who.session).text("user", who.user);
  return made;
}

/// The room that a command names; nullptr: none.
const domain::room_id* room_of(const domain::command& what) {
  return std::visit(
    [](const auto& c) -> const domain::room_id* {
      if constexpr (requires { c.room; })
        return &c.room;
      else
        return nullptr;
    },
    what);
}

std::string_view topic_of(const domain::command& what) {
  return std::visit(
    [](const auto& c) -> std::string_view {
      if constexpr (requires { c.topic; })
        return c.topic;
      else
        return {};
    },
    what);
}

/// What a command carries; never a token.
void add_content(domain::json_object& to, const domain::command& what) {
  if (const auto* message = std::get_if<domain::send_message>(&what))
    to.text("content", message->draft.content);
  else if (const auto* published = std::get_if<domain::publish>(&what))
    to.raw("content", published->data);
}

/// `code` of a failed answer.
std::string_view code_of(std::string_view json) {
  constexpr std::string_view key = R"("code":")";
  const auto at = json.find(key);
  if (at == std::string_view::npos)
    return {};
  const auto begin = at + key.size();
  return json.substr(begin, std::min(json.find('"', begin), json.size()) - begin);
}

/// `topic`: the one of its targets that is traced.
std::string describe(const domain::event& what, std::string_view topic, bool with_content) {
  auto made = line("event");
  made.text("event", what.name).text("topic", topic);
  if (what.audience != nullptr && what.audience->topics.size() > 1)
    made.number("targets", std::uint64_t{what.audience->topics.size()});
  if (what.seq != 0)
    made.number("seq", std::uint64_t{what.seq});
  made.number("bytes", std::uint64_t{what.data.size()});
  if (!what.except_user.value.empty())
    made.text("exceptUser", what.except_user.value);
  if (with_content)
    made.raw("content", what.data);
  return made.take();
}

/// What events to a target are sent to; empty: none, as of a session.
domain::topic topic_of(const trace_target& target) {
  switch (target.what) {
  case trace_target::kind::room:
    return domain::topic_of(domain::room_id{target.id});
  case trace_target::kind::user:
    return domain::topic_of(domain::user_id{target.id});
  case trace_target::kind::session:
  case trace_target::kind::actor:
    break;
  }
  return {};
}

bool is_person(const trace_target& target) {
  return target.what == trace_target::kind::user || target.what == trace_target::kind::session;
}

} // namespace

std::string_view to_string(trace_target::kind what) {
  constexpr std::string_view names[] = {"room", "user", "session", "actor"};
  return names[static_cast<std::size_t>(what)];
}

domain::result<std::uint64_t>
tracer::start(trace_target target, std::string operator_id, bool with_content, sink lines) {
  const std::lock_guard guard{mutex_};
  for (const auto& each : entries_)
    if (each->operator_id == operator_id)
      return domain::error{
        domain::errc::conflict, "You have a trace already; there is one per operator", {}, {}};
  if (entries_.size() >= domain::limits::traces)
    return domain::error{
      domain::errc::overloaded, "Too many traces at once", {}, std::chrono::seconds{5}};
  people_ += is_person(target) ? 1 : 0;
  count_ += target.what != trace_target::kind::actor ? 1 : 0;
  auto topic = topic_of(target);
  entries_.push_back(std::make_unique<entry>(entry{
    ++last_id_,
    std::move(target),
    std::move(topic),
    std::move(operator_id),
    with_content,
    std::move(lines),
    {}}));
  return last_id_;
}

void tracer::stop(std::uint64_t id) {
  const std::lock_guard guard{mutex_};
  std::erase_if(entries_, [&](const auto& each) {
    if (each->id != id)
      return false;
    people_ -= is_person(each->target) ? 1 : 0;
    count_ -= each->target.what != trace_target::kind::actor ? 1 : 0;
    return true;
  });
}

bool tracer::concerns(const entry& e, const trace_party& who) {
  return (e.target.what == trace_target::kind::user && e.target.id == who.user)
         || (e.target.what == trace_target::kind::session && e.target.id == who.session);
}

bool tracer::concerns(const entry& e, const domain::event& what) {
  if (e.topic.empty())
    return false;
  if (what.audience == nullptr)
    return what.topic == e.topic;
  const auto& all = what.audience->topics;
  return std::find(all.begin(), all.end(), e.topic) != all.end();
}

void tracer::command(const trace_party& from, const domain::command& what, std::string_view ack) {
  const auto* room = room_of(what);
  const std::lock_guard guard{mutex_};
  for (const auto& each : entries_) {
    const bool is_its_room = each->target.what == trace_target::kind::room && room != nullptr
                             && room->value == each->target.id;
    if (!is_its_room && !concerns(*each, from))
      continue;
    auto made = line("command", from);
    made.text("command", domain::name_of(what));
    if (room != nullptr)
      made.text("room", room->value);
    if (const auto topic = topic_of(what); !topic.empty())
      made.text("topic", topic);
    if (!ack.empty())
      made.raw("ack", ack);
    if (each->with_content)
      add_content(made, what);
    each->lines(made.take());
    if (is_its_room && !ack.empty()) {
      each->asked.emplace_back(from.session, ack);
      if (each->asked.size() > asked_max)
        each->asked.pop_front();
    }
  }
}

void tracer::answer(
  const trace_party& to, std::string_view command, std::string_view ack, bool ok,
  std::string_view json) {
  const std::lock_guard guard{mutex_};
  for (const auto& each : entries_) {
    const auto asked = std::find_if(each->asked.begin(), each->asked.end(), [&](const auto& one) {
      return !ack.empty() && one.first == to.session && one.second == ack;
    });
    if (asked == each->asked.end() && !concerns(*each, to))
      continue;
    if (asked != each->asked.end())
      each->asked.erase(asked);
    auto made = line("answer", to);
    made.text("command", command);
    if (!ack.empty())
      made.raw("ack", ack);
    made.boolean("ok", ok);
    if (!ok)
      made.text("code", code_of(json));
    if (each->with_content)
      made.raw("content", json);
    each->lines(made.take());
  }
}

void tracer::event(const domain::event& what) {
  const std::lock_guard guard{mutex_};
  for (const auto& each : entries_)
    if (concerns(*each, what))
      each->lines(describe(what, each->topic, each->with_content));
}

bool tracer::follows(const domain::event& what) {
  const std::lock_guard guard{mutex_};
  return std::any_of(
    entries_.begin(), entries_.end(), [&](const auto& each) { return concerns(*each, what); });
}

void tracer::handed_out(const domain::event& what, std::uint32_t shard, std::size_t connections) {
  const std::lock_guard guard{mutex_};
  for (const auto& each : entries_) {
    if (!concerns(*each, what))
      continue;
    auto made = line("handed-out");
    made.text("event", what.name);
    if (what.seq != 0)
      made.number("seq", std::uint64_t{what.seq});
    each->lines(made.number("shard", std::uint64_t{shard})
                  .number("connections", std::uint64_t{connections})
                  .take());
  }
}

void tracer::queued(const trace_party& to, const domain::event& what) {
  const std::lock_guard guard{mutex_};
  for (const auto& each : entries_) {
    if (!concerns(*each, to))
      continue;
    auto made = line("queued", to);
    made.text("event", what.name).text("topic", what.topic);
    if (what.seq != 0)
      made.number("seq", std::uint64_t{what.seq});
    made.number("bytes", std::uint64_t{what.data.size()});
    if (each->with_content)
      made.raw("content", what.data);
    each->lines(made.take());
  }
}

void tracer::emitted(const trace_party& to, std::string_view name, std::string_view json) {
  const std::lock_guard guard{mutex_};
  for (const auto& each : entries_) {
    if (!concerns(*each, to))
      continue;
    auto made = line("emitted", to);
    made.text("event", name).number("bytes", std::uint64_t{json.size()});
    if (each->with_content)
      made.raw("content", json);
    each->lines(made.take());
  }
}

void tracer::dropped(const trace_party& to, std::string_view topic, std::string_view rule) {
  const std::lock_guard guard{mutex_};
  for (const auto& each : entries_) {
    const bool is_its_room = each->target.what == trace_target::kind::room && topic == each->topic;
    if (is_its_room || concerns(*each, to))
      each->lines(line("dropped", to).text("topic", topic).text("rule", rule).take());
  }
}

void tracer::conflated(const domain::event& what) {
  const std::lock_guard guard{mutex_};
  for (const auto& each : entries_)
    if (concerns(*each, what))
      each->lines(line("dropped")
                    .text("event", what.name)
                    .text("topic", each->topic)
                    .text("key", what.key)
                    .text("rule", "conflated")
                    .take());
}

void tracer::connected(const trace_party& who) {
  const std::lock_guard guard{mutex_};
  for (const auto& each : entries_)
    if (concerns(*each, who))
      each->lines(line("connected", who).take());
}

void tracer::disconnected(const trace_party& who, std::string_view why, bool may_come_back) {
  const std::lock_guard guard{mutex_};
  for (const auto& each : entries_)
    if (concerns(*each, who))
      each->lines(
        line("disconnected", who).text("reason", why).boolean("mayComeBack", may_come_back).take());
}

} // namespace net
