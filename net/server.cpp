#include "net/server.hpp"

#include "net/delivery.hpp"
#include "net/front_actor.hpp"
#include "net/http/door.hpp"
#include "net/http/install.hpp"
#include "net/http/site.hpp"
#include "net/listener.hpp"
#include "net/plain/client.hpp"
#include "net/services.hpp"
#include "net/shard.hpp"
#include "net/shard_scheduler.hpp"
#include "net/socketio/client.hpp"
#include "net/tracer.hpp"

#include <caf/all.hpp>

#include <future>
#include <system_error>

namespace net {

namespace {

constexpr std::size_t actor_messages_per_turn = 300; // one busy actor must not own its shard
constexpr int last_turns = 1'000;

} // namespace

void load_shards(caf::actor_system_config& config, std::size_t shards) {
  config.load<shard_scheduler>();
  config.set("scheduler.max-threads", static_cast<unsigned>(shards));
  config.set("scheduler.max-throughput", static_cast<unsigned>(actor_messages_per_turn));
}

/// What one shard owns for the server.
struct place {
  shard_worker* worker = nullptr;
  std::unique_ptr<shard> home;
  caf::actor front_handle;
  front* ask = nullptr;
  std::unique_ptr<services> context;
  std::shared_ptr<http::door> door;
  std::shared_ptr<listener> ears;
};

struct server::impl {
  impl(caf::actor_system& s, settings c, std::shared_ptr<const tls> t)
      : system(s), config(std::move(c)), secured(std::move(t)) {
    auto& scheduler = shard_scheduler::of(system);
    std::vector<shard*> all;
    for (std::size_t i = 0; i < scheduler.size(); ++i) {
      auto& at = places.emplace_back();
      at.worker = &scheduler.worker(i);
      at.home = std::make_unique<shard>(
        static_cast<std::uint32_t>(i), at.worker->queue(), at.worker, config.queue_bytes_max);
      at.home->actor_timeouts = at.worker->timers().gauge();
      all.push_back(at.home.get());
    }
    out.set_shards(std::move(all));
    out.set_tracer(trace);
  }

  /// Runs `what` on every shard's thread, one after the other, and waits for each.
  void on_each(const std::function<void(place&)>& what) {
    for (auto& at : places) {
      std::promise<void> done;
      at.home->post([&] {
        try {
          what(at);
          done.set_value();
        } catch (...) {
          done.set_exception(std::current_exception());
        }
      });
      done.get_future().get();
    }
  }

  void open(place& at, actors::node& node, std::uint16_t at_port) {
    auto handle = system.spawn<front_actor, caf::hidden>(at.worker);
    at.front_handle = handle;
    at.ask = static_cast<front_actor*>(caf::actor_cast<caf::abstract_actor*>(handle));
    std::vector<shard*> shards;
    for (auto& p : places)
      shards.push_back(p.home.get());
    at.context = std::make_unique<services>(services{
      node, *at.home, *at.ask, config, std::move(shards), is_draining, http_connections, *gate, out,
      trace, secured.get()});
    at.home->set_context(at.context.get());
    at.home->start();
    if (config.io_uring)
      at.home->use_io_uring();
    auto table = http::make_routes(*at.context, site);
    add_plain(*table, *at.context);
    add_socketio(*table, *at.context, site);
    at.door = http::make_door(*at.context, std::move(table), site);
    at.ears = std::make_shared<listener>(
      at.home->io(), [&at](boost::asio::ip::tcp::socket socket, std::string address) {
        at.home->stats.accepted.fetch_add(1, std::memory_order_relaxed);
        at.door->serve(std::move(socket), std::move(address));
      });
    at.ears->open(config.address, at_port);
  }

  caf::actor_system& system;
  settings config;
  std::shared_ptr<const tls> secured;
  delivery out;
  tracer trace;
  std::unique_ptr<admission> gate;
  std::shared_ptr<http::site> site;
  std::atomic<bool> is_draining{false};
  std::atomic<std::uint64_t> http_connections{0};
  std::vector<place> places;
  std::uint16_t port = 0;
  bool is_started = false;
};

server::server(caf::actor_system& system, settings config, std::shared_ptr<const tls> secured)
    : impl_(std::make_unique<impl>(system, std::move(config), std::move(secured))) {}

server::~server() {
  stop();
}

actors::outbox& server::outbox() {
  return impl_->out;
}

void server::start(actors::node& node) {
  auto& me = *impl_;
  me.gate = std::make_unique<admission>(node.config());
  me.site = std::make_shared<http::site>(me.config.web_dir);
  me.is_started = true;
  me.port = me.config.port;
  me.on_each([&](place& at) {
    me.open(at, node, me.port);
    if (me.port == 0) // the first shard chose one for all
      me.port = at.ears->port();
  });
  me.on_each(
    [](place& at) { at.ears->start(); }); // not before every shard can be handed a connection
}

std::uint16_t server::port() const {
  return impl_->port;
}

void server::drain() {
  impl_->is_draining = true;
  if (impl_->is_started)
    impl_->on_each([](place& at) {
      if (at.ears != nullptr)
        at.ears->close();
    });
}

void server::stop() {
  auto& me = *impl_;
  if (!me.is_started) {
    for (auto& at : me.places)
      at.worker->queue().on_end_of_turn({});
    return;
  }
  me.is_started = false;
  me.on_each([](place& at) {
    if (at.ears != nullptr)
      at.ears->close();
    if (at.door != nullptr)
      at.door->close_all();
    // What was still to be said. Others may go on saying things, so not for ever.
    for (auto i = 0; i < last_turns && at.home->end_of_turn(); ++i) {
    }
    at.home->stop();
    at.worker->queue().on_end_of_turn({});
    if (at.front_handle)
      caf::anon_send_exit(at.front_handle, caf::exit_reason::user_shutdown);
    at.front_handle = caf::actor{};
  });
}

} // namespace net
