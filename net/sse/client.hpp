#pragma once

#include "net/client.hpp"
#include "net/http/exchange.hpp"
#include "net/http/stream.hpp"
#include "net/services.hpp"
#include "net/sse/positions.hpp"
#include "net/timers.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace net::sse {

/// What a request for an event stream asks for; checked.
struct wanted {
  std::vector<domain::room_id> rooms; // without doubles, at most limits::stream_rooms
  std::vector<domain::topic> topics;  // at most limits::stream_topics
  std::string last_event_id;          // empty: from now on
};

/// An event stream: a client that only listens. Nothing is answered before every room and topic has
/// been granted, so a refusal is a plain HTTP status. Runs on its shard's thread.
class sse_client final : public net::client, public timed {
public:
  sse_client(services& context, timers& clock, http::exchange_ptr asked, wanted what);

  void open();

  void on_event(const domain::event& what, const frame_ptr& shared, const handling& how) override;
  void on_answer(const actors::reply_to& where, const actors::reply& what) override;
  void on_emit(std::string_view name, std::string_view data_json) override;
  void on_close(domain::close_code why) override;
  void flush() override;
  void on_resume() override {}

private:
  void on_time(domain::steady_time now) override; // timed: the heartbeat

  std::size_t questions() const { return wanted_.rooms.size() + wanted_.topics.size(); }
  void ask_on();
  void on_room(const domain::room_id& room, const actors::reply& what);
  void begin();
  void refuse(const domain::error& why);
  void send(const frame_ptr& what) { enqueue(what, domain::delivery_class::ephemeral); }

  services& context_;
  timers& clock_;
  http::exchange_ptr asked_; // until it is answered
  std::shared_ptr<http::stream> stream_;
  wanted wanted_;
  positions positions_;
  std::string session_id_;
  std::size_t next_ = 0;      // question to be put
  std::size_t answered_ = 0;  // questions
  std::size_t caught_up_ = 0; // bytes of missed events
  bool is_lost_ = false;      // it came with an id that is none
};

} // namespace net::sse
