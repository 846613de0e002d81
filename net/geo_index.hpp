#pragma once

#include "domain/audience.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace net {

class client;

/// Where the clients of one shard are, by cells of one degree, so that a delivery to those near a
/// place need not ask everybody. Never looks at a client itself. Runs on the shard's thread.
class geo_index {
public:
  /// Adds it, or moves it.
  void put(client& who, const domain::location& at);
  void remove(client& who);
  std::size_t size() const { return places_.size(); }

  /// All that are within the circle, and some that are not. Nothing when that is no gain: there are
  /// more than `most`, or the circle is so large that it takes more than `most` cells.
  std::optional<std::vector<client*>>
  around(const domain::near_condition& where, std::size_t most) const;

private:
  using cell_number = std::uint32_t;
  struct place {
    cell_number cell = 0;
    std::size_t index = 0; // in the cell
  };
  std::unordered_map<cell_number, std::vector<client*>> cells_; // without empty ones
  std::unordered_map<const client*, place> places_;
};

} // namespace net
