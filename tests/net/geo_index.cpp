#include "net/geo_index.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <optional>
#include <random>
#include <set>

namespace {

/// Clients of a shard are never looked at by the index: places in an array stand for them.
struct crowd {
  net::geo_index index;
  std::vector<char> bodies;
  std::vector<std::optional<domain::location>> where;

  explicit crowd(std::size_t size) : bodies(size), where(size) {}
  net::client& who(std::size_t i) { return reinterpret_cast<net::client&>(bodies[i]); }
  void move(std::size_t i, const domain::location& to) {
    index.put(who(i), to);
    where[i] = to;
  }
  void leave(std::size_t i) {
    index.remove(who(i));
    where[i].reset();
  }
  std::size_t located() const {
    return static_cast<std::size_t>(
      std::count_if(where.begin(), where.end(), [](const auto& at) { return at.has_value(); }));
  }
  /// Those within the circle that the index does not name, or names twice, or that have left.
  std::size_t mistakes(const domain::near_condition& circle, std::size_t& named) {
    const auto found = index.around(circle, 1'000'000);
    REQUIRE(found);
    named = found->size();
    const std::set<net::client*> once{found->begin(), found->end()};
    auto wrong = found->size() - once.size();
    for (std::size_t i = 0; i < where.size(); ++i) {
      const bool is_in =
        where[i] && domain::distance_km(circle.center, *where[i]) <= circle.radius_km;
      const bool is_named = once.contains(&who(i));
      wrong += (is_in && !is_named) || (!where[i] && is_named);
    }
    return wrong;
  }
};

} // namespace

TEST_CASE("an index of places names everybody within a circle", "[net][geo_index]") {
  std::mt19937 random{Catch::rngSeed()};
  const auto between = [&](double from, double to) {
    return std::uniform_real_distribution<>{from, to}(random);
  };
  // The poles, the date line and borders of cells as often as all the rest.
  const auto anywhere = [&]() -> domain::location {
    const double lats[] = {between(-90, 90), 90, -90, 89.9, -89.99, 0, 48, between(47.9, 48.1)};
    const double lngs[] = {between(-180, 180), 180, -180, 179.99, -179.9, 0, 11,
                           between(10.9, 11.1)};
    return {lats[random() % 8], lngs[random() % 8]};
  };
  const double radii[] = {0, 0.1, 50, 111.2, 500, 5'000, 10'008, 20'040};
  crowd all{300};
  std::size_t named = 0, named_in_all = 0, circles = 0;
  for (int round = 0; round < 3'000; ++round) {
    const auto i = random() % all.where.size();
    if (random() % 4 == 0)
      all.leave(i);
    else
      all.move(i, anywhere());
    if (round % 5 == 0) {
      const domain::near_condition circle{anywhere(), radii[random() % 8]};
      INFO(circle.center.lat << ' ' << circle.center.lng << ' ' << circle.radius_km);
      REQUIRE(all.mistakes(circle, named) == 0);
      named_in_all += named;
      ++circles;
    }
  }
  CHECK(all.index.size() == all.located());
  CHECK(named_in_all < circles * all.located() / 2); // it is worth asking
}

TEST_CASE("an index of places names only cells that the circle touches", "[net][geo_index]") {
  crowd all{3};
  all.move(0, {48.1, 11.5});
  all.move(1, {52.5, 13.4});
  all.move(2, {-48.1, 11.5});
  const auto found = all.index.around({{48.3, 11.9}, 50}, 100);
  REQUIRE(found);
  CHECK(*found == std::vector<net::client*>{&all.who(0)});
}

TEST_CASE("an index of places says when asking everybody costs less", "[net][geo_index]") {
  crowd all{100};
  for (std::size_t i = 0; i < all.where.size(); ++i)
    all.move(i, {48.1, 11.5});
  CHECK(all.index.around({{48.5, 11.5}, 10}, 100)->size() == 100);
  CHECK_FALSE(all.index.around({{48.5, 11.5}, 10}, 99)); // too many clients
  CHECK(all.index.around({{0.5, 0.5}, 1'000}, 1'000));
  CHECK_FALSE(all.index.around({{0.5, 0.5}, 1'000}, 300)); // too many cells
}
