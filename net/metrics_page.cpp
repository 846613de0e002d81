#include "net/metrics_page.hpp"

#include "actors/room_directory.hpp"
#include "net/process_figures.hpp"
#include "net/services.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace net {

namespace {

/// Writes one family: a head, then samples.
class page {
public:
  page& family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    out_ += "# HELP ";
    out_.append(name).append(" ").append(help).append("\n# TYPE ");
    out_.append(name).append(" ").append(type).append("\n");
    return *this;
  }
  page& sample(std::uint64_t value) { return line({}, std::to_string(value)); }
  page& sample(std::string_view label, std::string_view of, std::uint64_t value) {
    return line(label_of(label, of), std::to_string(value));
  }
  page& real(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.6f", value);
    return line({}, text);
  }
  std::string take() { return std::move(out_); }

private:
  static std::string label_of(std::string_view label, std::string_view of) {
    std::string out = "{";
    out.append(label).append("=\"");
    for (const char c : of) {
      if (c == '"' || c == '\\')
        out += '\\';
      if (c != '\n')
        out += c;
    }
    return out + "\"}";
  }
  page& line(std::string_view labels, std::string_view value) {
    out_.append(name_).append(labels).append(" ").append(value).append("\n");
    return *this;
  }

  std::string_view name_;
  std::string out_;
};

using shard_counter = std::atomic<std::uint64_t> shard::counters::*;

std::uint64_t sum(const services& s, shard_counter which) {
  std::uint64_t total = 0;
  for (const auto* one : s.shards)
    total += (one->stats.*which).load(std::memory_order_relaxed);
  return total;
}

void add_shards(page& p, const services& s) {
  p.family("troupe_connections", "gauge", "Real-time connections")
    .sample(sum(s, &shard::counters::clients));
  p.family("troupe_http_connections", "gauge", "HTTP connections")
    .sample(s.http_connections.load());
  p.family("troupe_accepted_total", "counter", "Accepted TCP connections")
    .sample(sum(s, &shard::counters::accepted));
  p.family("troupe_deliveries_total", "counter", "Events queued to connections")
    .sample(sum(s, &shard::counters::delivered));
  const auto low = sum(s, &shard::counters::dropped_low);
  const auto background = sum(s, &shard::counters::dropped_background);
  const auto dropped = sum(s, &shard::counters::dropped);
  p.family("troupe_dropped_total", "counter", "Events dropped for slow connections, by class")
    .sample("class", "volatile", dropped - std::min(dropped, low + background))
    .sample("class", "background", background)
    .sample("class", "low", low);
  p.family("troupe_conflated_total", "counter", "Events replaced by a newer one of their key")
    .sample(sum(s, &shard::counters::conflated));
  p.family("troupe_slow_closed_total", "counter", "Connections closed because they did not read")
    .sample(sum(s, &shard::counters::slow_closed));
  p.family("troupe_writes_total", "counter", "Write calls")
    .sample(sum(s, &shard::counters::writes));
  p.family("troupe_written_bytes_total", "counter", "Bytes written to clients")
    .sample(sum(s, &shard::counters::written_bytes));
  p.family("troupe_waiting_bytes", "gauge", "Events that wait to be handed out on each shard");
  for (const auto* one : s.shards)
    p.sample("shard", std::to_string(one->index()), std::uint64_t{one->waiting_bytes()});
  p.family("troupe_sends_together", "gauge", "1: sends of many connections share a system call");
  for (const auto* one : s.shards)
    p.sample("shard", std::to_string(one->index()), one->sends_together() ? 1 : 0);
  std::int64_t deadlines = 0;
  std::int64_t timeouts = 0;
  for (const auto* one : s.shards) {
    deadlines += one->deadlines.value();
    timeouts += one->actor_timeouts.value();
  }
  p.family("troupe_timers", "gauge", "Timers that wait, by whose they are")
    .sample("of", "connections", static_cast<std::uint64_t>(deadlines))
    .sample("of", "actors", static_cast<std::uint64_t>(timeouts));
  p.family("troupe_shard_turns_total", "counter", "Turns of each shard");
  for (const auto* one : s.shards)
    p.sample(
      "shard", std::to_string(one->index()), one->stats.turns.load(std::memory_order_relaxed));
  p.family("troupe_shard_connections", "gauge", "Real-time connections of each shard");
  for (const auto* one : s.shards)
    p.sample(
      "shard", std::to_string(one->index()), one->stats.clients.load(std::memory_order_relaxed));
}

void add_requests(page& p, const http::site& common) {
  std::array<std::uint64_t, http::door_counters::statuses> totals{};
  for (const auto& d : common.all())
    for (std::size_t i = 0; i < totals.size(); ++i)
      totals[i] += d->stats().answers[i].load(std::memory_order_relaxed);
  p.family("troupe_http_requests_total", "counter", "HTTP answers by status");
  for (std::size_t i = 0; i < totals.size(); ++i)
    if (totals[i] > 0)
      p.sample("code", std::to_string(i), totals[i]);
}

void add_node(page& p, services& s, const http::site& common, std::size_t active_rooms) {
  p.family("troupe_sessions", "gauge", "Signed-in sessions").sample(s.node.sessions().size());
  p.family("troupe_rooms_active", "gauge", "Rooms that run").sample(active_rooms);
  p.family("troupe_actors", "gauge", "Live actors by type");
  for (const auto& [type, count] : s.node.actors().list({}, actors::actor_order::mailbox, 0).totals)
    p.sample("type", type, count);
  p.family("troupe_storage_ready", "gauge", "1 when the storage answers")
    .sample(s.node.is_storage_ready() ? 1 : 0);
  p.family("troupe_storage_info", "gauge", "What an acknowledged commit means")
    .sample("durability", s.node.outside().storage->durability(), 1);
  p.family("troupe_node_info", "gauge", "This node").sample("node", s.config.node_name, 1);
  const std::chrono::duration<double> up = std::chrono::steady_clock::now() - common.started();
  p.family("troupe_uptime_seconds", "gauge", "Since the start").real(up.count());
}

void add_broadcasts(page& p, const services& s) {
  const auto& b = s.node.broadcasts();
  p.family("troupe_broadcasts_total", "counter", "Broadcasts by priority");
  for (std::size_t i = 0; i < b.sent.size(); ++i)
    p.sample("priority", domain::to_string(static_cast<domain::priority>(i)), b.sent[i].load());
  p.family("troupe_broadcast_recipients_total", "counter", "Sessions that broadcasts went to")
    .sample(b.recipients.load());
  p.family("troupe_broadcast_batches_total", "counter", "Batches sent").sample(b.batches.load());
  p.family("troupe_broadcast_failures_total", "counter", "Broadcasts refused")
    .sample(b.failed.load());
}

void add_process(page& p) {
  const auto f = read_process_figures();
  p.family("process_resident_memory_bytes", "gauge", "Resident memory").sample(f.resident_bytes);
  p.family("process_cpu_seconds_total", "counter", "User and system time").real(f.cpu_seconds);
  p.family("process_open_fds", "gauge", "Open file descriptors").sample(f.open_fds);
  p.family("process_max_fds", "gauge", "Bound of file descriptors").sample(f.max_fds);
  p.family("process_threads", "gauge", "Threads").sample(f.threads);
}

void respond(
  services& s, const http::exchange_ptr& e, const http::site& common, std::size_t active_rooms) {
  page p;
  add_shards(p, s);
  add_requests(p, common);
  add_node(p, s, common, active_rooms);
  add_broadcasts(p, s);
  add_process(p);
  http::response r;
  r.content_type = "text/plain; version=0.0.4; charset=utf-8";
  r.headers.emplace_back("Cache-Control", "no-store");
  r.body = p.take();
  e->respond(std::move(r));
}

} // namespace

void add_metrics(http::routes& table, services& s, std::shared_ptr<http::site> common) {
  table.raw("/metrics", [&s, common](const http::exchange_ptr& e) {
    if (e->req().method != "GET" && e->req().method != "HEAD") {
      e->add_header("Allow", "GET, HEAD");
      return e->fail({domain::errc::method_not_allowed, "This method is not allowed here", {}, {}});
    }
    // the page must come even when no actor answers
    s.ask.ask<actors::active_rooms>(
      s.node.directory(), std::chrono::seconds{1}, actors::list_active_rooms{0},
      [&s, e, common](actors::active_rooms& rooms) { respond(s, e, *common, rooms.total); },
      [&s, e, common](const domain::error&) { respond(s, e, *common, 0); });
  });
}

} // namespace net
