#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace loadgen {

/// Nanoseconds in buckets of 3 % width: one increment a sample, whatever its size.
class histogram {
public:
  void add(std::uint64_t nanoseconds) {
    ++buckets_[index(nanoseconds)];
    ++count_;
  }

  void clear() {
    buckets_.fill(0);
    count_ = 0;
  }

  /// The middle of the bucket that holds this share of the samples, in microseconds; 0 without
  /// samples.
  double microseconds_at(double share) const {
    auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > wanted)
        return middle(i) / 1e3;
    }
    return 0;
  }

private:
  static constexpr unsigned fraction_bits = 5;

  static std::size_t index(std::uint64_t value) {
    // values below 64 have a bucket each; above, 32 buckets for each power of two
    auto shift = static_cast<unsigned>(std::bit_width(value | 63)) - (fraction_bits + 1);
    return (std::size_t{shift} << fraction_bits) + (value >> shift);
  }

  static double middle(std::size_t bucket) {
    if (bucket < 64)
      return static_cast<double>(bucket);
    auto shift = (bucket >> fraction_bits) - 1;
    auto low = (bucket - (shift << fraction_bits)) << shift;
    return static_cast<double>(low) + static_cast<double>(std::uint64_t{1} << shift) / 2;
  }

  std::array<std::uint64_t, 2048> buckets_{};
  std::uint64_t count_ = 0;
};

} // namespace loadgen
