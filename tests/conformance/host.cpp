#include "tests/conformance/host.hpp"

#include "tools/system_world.hpp"

#include <boost/asio/signal_set.hpp>

#include <iostream>

namespace conformance {
namespace {

constexpr std::size_t queue_bytes_max = 64u << 20;

} // namespace

host::host(options o)
    : config_(std::move(o)), home_(0, queue_, nullptr, queue_bytes_max),
      table_(std::make_shared<net::http::routes>()) {
  queue_.adopt_thread();
  home_.start();
  net::http::door::options front{.io = io(), .table = table_};
  front.home = &home_;
  door_ = std::make_shared<net::http::door>(std::move(front));
  ears_ = std::make_shared<net::listener>(
    io(), [this](boost::asio::ip::tcp::socket socket, std::string address) {
      door_->serve(std::move(socket), std::move(address));
    });
}

host::~host() {
  ears_->close();
  door_->close_all();
  home_.stop();
}

std::string host::random() {
  return tools::system_random{}.token(18);
}

std::string host::now() {
  return domain::to_iso8601(tools::system_clock{}.now());
}

void host::add_engine(const std::string& path, net::engineio::server::factory make) {
  net::engineio::server::settings s;
  s.limits.ping_interval = config_.ping_interval;
  s.limits.ping_timeout = config_.ping_timeout;
  s.limits.max_payload = config_.max_payload;
  s.limits.compression = config_.deflate && config_.mode == mode::app;
  s.origins = {"*"};
  s.clock_step = milliseconds{1}; // heartbeats of suites are short
  s.random = random;
  const auto server = std::make_shared<net::engineio::server>(home_, std::move(s), std::move(make));
  net::engineio::add_route(*table_, path, server);
}

void host::run() {
  ears_->open(config_.address, config_.port);
  ears_->start();
  std::cout << "listening on " << config_.address << ':' << ears_->port() << std::endl;
  boost::asio::signal_set ends{io(), SIGTERM, SIGINT};
  ends.async_wait([this](const boost::system::error_code& failed, int) {
    if (!failed)
      io().stop();
  });
  io().run();
}

} // namespace conformance
