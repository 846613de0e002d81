#include "net/geo_index.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace net {

namespace {

constexpr double earth_km = 6'371; // as in domain/audience
constexpr double margin_km = 1;    // for what doubles and the cells' borders round away
constexpr std::int64_t rows = 180, columns = 360;

double degrees(double radians) {
  return radians * 180 / std::numbers::pi;
}

double radians(double degrees) {
  return degrees * std::numbers::pi / 180;
}

std::int64_t row_of(double lat) {
  return std::clamp<std::int64_t>(std::llround(std::floor(lat + 90)), 0, rows - 1);
}

/// May be outside of 0 … 359: around() counts over the date line.
std::int64_t column_of(double lng) {
  return std::llround(std::floor(lng + 180));
}

std::uint32_t cell_of(std::int64_t row, std::int64_t column) {
  return static_cast<std::uint32_t>(row * columns + (column % columns + columns) % columns);
}

struct span_of_columns {
  std::int64_t first = 0;
  std::int64_t count = columns;
};

/// The columns that a circle touches: all of them when a pole is in it.
span_of_columns columns_around(const domain::location& center, double reach) {
  if (std::abs(center.lat) + reach >= 90)
    return {};
  // The meridian that touches the circle: sin(Δλ) = sin(reach) / cos(lat).
  const auto half =
    degrees(std::asin(std::min(1.0, std::sin(radians(reach)) / std::cos(radians(center.lat)))));
  const auto first = column_of(center.lng - half);
  return {first, std::min(columns, column_of(center.lng + half) - first + 1)};
}

} // namespace

void geo_index::put(client& who, const domain::location& at) {
  const auto cell = cell_of(row_of(at.lat), column_of(at.lng));
  if (const auto known = places_.find(&who); known != places_.end()) {
    if (known->second.cell == cell)
      return;
    remove(who);
  }
  auto& members = cells_[cell];
  places_[&who] = {cell, members.size()};
  members.push_back(&who);
}

void geo_index::remove(client& who) {
  const auto known = places_.find(&who);
  if (known == places_.end())
    return;
  const auto [cell, index] = known->second;
  places_.erase(known);
  const auto found = cells_.find(cell);
  auto& members = found->second;
  if (auto* last = members.back(); last != &who) { // takes the empty place: order means nothing
    members[index] = last;
    places_[last].index = index;
  }
  members.pop_back();
  if (members.empty())
    cells_.erase(found);
}

std::optional<std::vector<client*>>
geo_index::around(const domain::near_condition& where, std::size_t most) const {
  const auto reach = degrees((where.radius_km + margin_km) / earth_km);
  const auto first = row_of(where.center.lat - reach), last = row_of(where.center.lat + reach);
  const auto across = columns_around(where.center, reach);
  if (static_cast<std::size_t>((last - first + 1) * across.count) > most)
    return std::nullopt;
  std::vector<client*> found;
  for (auto row = first; row <= last; ++row)
    for (auto i = std::int64_t{0}; i < across.count; ++i) {
      const auto cell = cells_.find(cell_of(row, across.first + i));
      if (cell == cells_.end())
        continue;
      if (found.size() + cell->second.size() > most)
        return std::nullopt;
      found.insert(found.end(), cell->second.begin(), cell->second.end());
    }
  return found;
}

} // namespace net
