// Contract section 3, "Ways in": GET /stream, server-sent events.
#include "net/http/response.hpp"
#include "net/rest/asking.hpp"
#include "net/rest/envelope.hpp"
#include "net/rest/resources.hpp"
#include "net/shard.hpp"
#include "net/sse/client.hpp"

#include <algorithm>

namespace net::rest {

namespace {

using http::exchange_ptr;
using http::parameters;

/// The items of a list that may come in several parameters and be separated by commas; each once.
std::vector<std::string> read_list(const http::request& asked, std::string_view name) {
  std::vector<std::string> items;
  for (const auto& [key, value] : asked.query) {
    if (key != name)
      continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const auto end = std::min(rest.find(','), rest.size());
      std::string item{rest.substr(0, end)};
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (!item.empty() && std::find(items.begin(), items.end(), item) == items.end())
        items.push_back(std::move(item));
    }
  }
  return items;
}

domain::result<sse::wanted> read_wanted(const http::request& asked) {
  for (const auto* name : {"token", "access_token", "accessToken", "authorization"})
    if (!asked.parameter(name).empty())
      return domain::error{
        domain::errc::bad_request,
        "A token does not belong into a URL: it would be logged on its way",
        {},
        {}};
  if (auto why = check_parameters(asked, {"rooms", "topics"}))
    return *why;
  std::vector<domain::violation> broken;
  sse::wanted made;
  for (auto& room : read_list(asked, "rooms")) {
    if (!domain::is_valid_room_id(room))
      broken.push_back({"rooms", "holds something that is not a room id"});
    made.rooms.emplace_back(std::move(room));
  }
  made.topics = read_list(asked, "topics");
  if (made.rooms.empty() && made.topics.empty())
    broken.push_back({"rooms", "or topics: name at least one"});
  if (made.rooms.size() > domain::limits::stream_rooms)
    broken.push_back({"rooms", "must be at most 50"});
  if (made.topics.size() > domain::limits::stream_topics)
    broken.push_back({"topics", "must be at most 50"});
  if (!broken.empty())
    return domain::error{
      domain::errc::validation_failed, "Validation failed", std::move(broken), {}};
  made.last_event_id = asked.header("Last-Event-ID");
  return made;
}

bool accepts_events(const http::request& asked) {
  const auto accept = asked.header("Accept");
  return accept.empty() || http::has_token(accept, "text/event-stream")
         || http::has_token(accept, "text/*") || http::has_token(accept, "*/*");
}

/// What the streams of one shard share.
struct stream_door {
  explicit stream_door(services& s) : context{s}, clock{s.home.io(), s.home.deadlines} {}

  void handle(const exchange_ptr& e) {
    auto what = read_wanted(e->req());
    if (!what)
      return e->fail(what.error());
    if (!accepts_events(e->req()))
      return e->respond(http::error_response(
        e->req(), 406, "not_acceptable", "There is only text/event-stream here"));
    if (context.is_draining)
      return e->fail({domain::errc::unavailable, "This node stops", {}, std::chrono::seconds{1}});
    if (e->req().method == "HEAD") {
      http::response head;
      head.content_type = "text/event-stream; charset=utf-8";
      return e->respond(std::move(head));
    }
    const auto made = std::make_shared<sse::sse_client>(context, clock, e, std::move(*what));
    context.home.attach(made);
    made->open();
  }

  services& context;
  timers clock;
};

} // namespace

void add_stream(http::routes& table, services& s) {
  const auto door = std::make_shared<stream_door>(s);
  table.get(
    "/stream", {"Events of rooms and topics as they happen (server-sent events)"},
    [door](const exchange_ptr& e, const parameters&) { door->handle(e); });
}

} // namespace net::rest
