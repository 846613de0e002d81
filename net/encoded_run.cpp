#include "net/encoded_run.hpp"

#include "net/rfc6455/compression.hpp"
#include "net/socketio/encoder.hpp"
#include "net/socketio/packed.hpp"

namespace net {
namespace {

constexpr std::uint8_t shared_window_bits = 15;

} // namespace

const std::vector<frame_ptr>& encoded_run::frames(encoding e, packing p) {
  auto& all = at(e, p).frames;
  if (!all.empty())
    return all;
  all.reserve(run_.size());
  if (p == packing::plain)
    for (std::size_t i = 0; i < run_.size(); ++i)
      all.push_back(encode(e, *event_of(run_[i]), journal_offset{shard_, first_ + i}));
  else
    for (const auto& each : frames(e, packing::plain))
      all.push_back(rfc6455::compress_if_smaller(each, shared_window_bits));
  return all;
}

const frame_ptr& encoded_run::chunk(encoding e, packing p) {
  auto& whole = at(e, p).chunk;
  if (whole != nullptr)
    return whole;
  const auto& parts = frames(e, p);
  return whole = parts.size() == 1 ? parts.front() : join_frames(parts);
}

const std::vector<frame_ptr>& encoded_run::unmarked(encoding e) {
  if (e != encoding::socketio && e != encoding::socketio_msgpack)
    return frames(e, packing::plain);
  auto& all = unmarked_[static_cast<std::size_t>(e)];
  if (all.empty())
    for (const auto& each : run_) {
      const auto& what = *event_of(each);
      all.push_back(
        e == encoding::socketio ? socketio::encode_event(what.name, what.data, {})
                                : socketio::encode_packed_event(what.name, what.data, {}));
    }
  return all;
}

} // namespace net
