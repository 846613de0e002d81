#pragma once

#include "actors/address_book.hpp"
#include "actors/batching_outbox.hpp"
#include "actors/directory.hpp"
#include "actors/outbox.hpp"
#include "actors/session_index.hpp"
#include "actors/settings.hpp"
#include "actors/user_rates.hpp"
#include "domain/ports/clock.hpp"
#include "domain/ports/id_source.hpp"
#include "domain/ports/log.hpp"
#include "domain/ports/random.hpp"

#include <functional>
#include <memory>

namespace actors {

/// What every actor of a node works with: the world as it was handed in, and what they share.
/// Shared by all of them, because an actor may outlive the `node` that made it. Everything in it
/// may be used from any thread.
struct surroundings {
  const domain::clock* clock = nullptr;
  domain::id_source* ids = nullptr;
  domain::random* random = nullptr;
  domain::log* log = nullptr;
  outbox* out = nullptr;
  settings config;

  actor_directory live;
  session_index sessions;
  address_book book;
  user_rates message_rates;
  user_rates join_rates;
  std::shared_ptr<broadcast_counters> broadcasts = std::make_shared<broadcast_counters>();
  std::unique_ptr<batching_outbox> batches; // what `out` is

  /// Everything goes through `inner`, batches in their order.
  void use(outbox& inner) {
    batches = std::make_unique<batching_outbox>(inner, *clock, broadcasts);
    out = batches.get();
  }

  /// Something happened that this process can't go on after (a failed flush, too many restarts).
  std::function<void(std::string_view why)> give_up = [](std::string_view) {};
};

} // namespace actors
