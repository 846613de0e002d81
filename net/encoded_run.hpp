#pragma once

#include "net/encode.hpp"
#include "net/frame.hpp"
#include "net/shard.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace net {

/// A run of deliveries as frames: each made when the first receiver is met that reads it so, and
/// shared by all the others. One shard, for the time of one fan_out().
class encoded_run {
public:
  /// Compressed (RFC 7692) or not; small events never are.
  enum class packing : std::uint8_t { plain, deflated, count_ };

  encoded_run(std::span<shard::order> run, std::uint32_t shard_index, std::uint64_t first_position)
      : run_(run), shard_(shard_index), first_(first_position) {}

  /// One for each event.
  const std::vector<frame_ptr>& frames(encoding e, packing p);
  /// All of the run in one buffer.
  const frame_ptr& chunk(encoding e, packing p);
  /// Without the offset that a client gives back when it recovers. Only where there is one.
  const std::vector<frame_ptr>& unmarked(encoding e);

  std::uint64_t first() const { return first_; } // position in the journal
  std::span<shard::order> run() const { return run_; }
  static const domain::event_ptr& event_of(const shard::order& o) {
    return std::get<shard::delivery>(o).what;
  }

private:
  struct made {
    std::vector<frame_ptr> frames;
    frame_ptr chunk;
  };
  made& at(encoding e, packing p) {
    return made_[static_cast<std::size_t>(e)][static_cast<std::size_t>(p)];
  }

  static constexpr auto encodings = static_cast<std::size_t>(encoding::count_);
  static constexpr auto packings = static_cast<std::size_t>(packing::count_);
  std::span<shard::order> run_;
  std::uint32_t shard_;
  std::uint64_t first_;
  std::array<std::array<made, packings>, encodings> made_;
  std::array<std::vector<frame_ptr>, encodings> unmarked_;
};

} // namespace net
