#pragma once

#include "actors/node.hpp"
#include "net/settings.hpp"

#include <caf/fwd.hpp>

#include <cstdint>
#include <memory>

namespace net {

class tls;

/// Loads the shard scheduler into a configuration; before the actor system exists.
void load_shards(caf::actor_system_config& config, std::size_t shards);

/// All shards' fronts: listeners, HTTP, WebSocket, Socket.IO; and the outbox that actors speak to.
class server {
public:
  /// `secured`: HTTPS and WSS instead of HTTP and WS; nullptr: plain.
  server(caf::actor_system& system, settings config, std::shared_ptr<const tls> secured = nullptr);
  ~server();
  /// The outbox, before the node exists.
  actors::outbox& outbox();
  /// Binds and listens on every shard. Throws std::system_error when the address is taken.
  void start(actors::node& node);
  std::uint16_t port() const;
  /// No new connections; /readyz says 503.
  void drain();
  /// Closes what is left. Called after node::stop().
  void stop();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace net
