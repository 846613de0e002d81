#include "net/trace_stream.hpp"

#include "actors/node.hpp"
#include "domain/json.hpp"
#include "domain/limits.hpp"
#include "net/services.hpp"
#include "net/shard.hpp"

#include <algorithm>
#include <utility>

namespace net {

using std::chrono::steady_clock;

trace_stream::trace_stream(
  shard& home, tracer& from, options how, std::function<void(trace_stream&)> on_end)
    : home_(home), from_(from), how_(std::move(how)), on_end_(std::move(on_end)) {}

trace_stream::~trace_stream() {
  if (id_ != 0)
    from_.stop(id_);
}

void trace_stream::open(const http::exchange_ptr& asked, timers& clock) {
  const std::weak_ptr<trace_stream> weak = weak_from_this();
  auto lines = [weak, home = &home_, load = load_](std::string line) {
    const auto size = line.size();
    if (load->bytes.fetch_add(size) + size > domain::limits::trace_queue_bytes) {
      load->bytes.fetch_sub(size);
      load->dropped.fetch_add(1);
      return;
    }
    home->post([weak, load, line = std::move(line)] {
      load->bytes.fetch_sub(line.size());
      if (const auto alive = weak.lock())
        alive->take(line);
    });
  };
  const auto started =
    from_.start(how_.target, asked->req().who->user.value, how_.with_content, std::move(lines));
  if (!started) {
    asked->fail(started.error());
    return forget();
  }
  id_ = *started;
  http::response head;
  head.content_type = "application/x-ndjson; charset=utf-8";
  head.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  auto given = asked->take_stream(std::move(head));
  if (given == nullptr)
    return forget();
  stream_ = std::make_shared<http::stream>(home_, std::move(given), queue_, [weak] {
    if (const auto alive = weak.lock())
      alive->forget();
  });
  stream_->start();
  put(domain::json_object{}
        .text("what", "trace")
        .text("of", to_string(how_.target.what))
        .text("id", how_.target.id)
        .boolean("content", how_.with_content)
        .number("lines", std::uint64_t{how_.lines_max})
        .number("seconds", std::int64_t{how_.time.count() / 1'000})
        .take());
  clock_ = &clock;
  const auto now = steady_clock::now();
  ends_at_ = now + how_.time;
  if (how_.target.what == trace_target::kind::actor)
    watch_.emplace(home_.context().node.actors(), how_.actor);
  arm(now);
}

void trace_stream::arm(domain::steady_time now) {
  const auto next = watch_ ? now + domain::limits::trace_look_period : ends_at_;
  clock_->arm(*this, std::min(next, ends_at_));
}

void trace_stream::take(const std::string& line) {
  if (id_ == 0)
    return;
  if (queue_.bytes() + line.size() > domain::limits::trace_queue_bytes) {
    load_->dropped.fetch_add(1);
    return;
  }
  put(line);
  if (++lines_ >= how_.lines_max)
    finish("lines");
}

void trace_stream::put(std::string line) {
  auto made = std::make_shared<frame>();
  made->bytes = std::move(line);
  made->bytes += '\n';
  queue_.push(std::move(made));
  flush_soon();
}

/// Lines that came together go together.
void trace_stream::flush_soon() {
  if (std::exchange(is_flush_posted_, true))
    return;
  home_.post([weak = weak_from_this()] {
    const auto alive = weak.lock();
    if (!alive)
      return;
    alive->is_flush_posted_ = false;
    if (alive->stream_ != nullptr)
      alive->stream_->flush();
  });
}

void trace_stream::on_time(domain::steady_time now) {
  const auto keep = shared_from_this();
  if (watch_)
    look();
  if (id_ == 0) // that was the last line
    return;
  if (watch_ && watch_->is_gone())
    finish("gone");
  else if (now >= ends_at_)
    finish("time");
  else
    arm(now);
}

void trace_stream::look() {
  if (const auto line = watch_->look())
    take(*line);
}

void trace_stream::finish(std::string_view reason) {
  put(domain::json_object{}
        .text("what", "end")
        .text("reason", reason)
        .number("lines", std::uint64_t{lines_})
        .number("dropped", std::uint64_t{load_->dropped.load()})
        .take());
  stream_->end();
  forget();
}

void trace_stream::forget() {
  const auto keep = shared_from_this();
  if (const auto id = std::exchange(id_, 0); id != 0)
    from_.stop(id);
  disarm();
  stream_.reset();
  if (const auto tell = std::exchange(on_end_, nullptr))
    tell(*this);
}

} // namespace net
