#pragma once

#include "actors/error.hpp"
#include "domain/error.hpp"

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/response_handle.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace net {

class shard;

/// Each shard's own actor: how sockets ask actors. Questions and callbacks run on the shard's
/// thread only; the actor is pinned there, so `ask` needs no message of its own.
class front {
public:
  virtual ~front() = default;

  /// Asks `whom`; calls `ok(Reply&)` or `failed(const domain::error&)`, once, on this shard, always
  /// within `timeout`.
  template <class Reply, class Handle, class Message, class Ok, class Failed>
  void ask(
    const Handle& whom, std::chrono::milliseconds timeout, Message question, Ok ok, Failed failed) {
    if (!whom) {
      failed(domain::error{
        domain::errc::unavailable,
        "The service is not available right now",
        {},
        std::chrono::seconds{1}});
      return;
    }
    self()
      ->request(whom, timeout, std::move(question))
      .then(
        [ok](Reply& answer) mutable { ok(answer); },
        [failed](caf::error& why) mutable { failed(::actors::from_caf(why)); });
  }

  /// Tells `whom` something that has no answer.
  template <class Handle, class Message>
  void tell(const Handle& whom, Message what) {
    if (whom)
      self()->send(whom, std::move(what));
  }

protected:
  virtual caf::event_based_actor* self() = 0;
};

} // namespace net
