#include "tools/ctl/top.hpp"

#include "tools/ctl/fields.hpp"
#include "tools/ctl/format.hpp"
#include "tools/ctl/table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace ctl {

namespace {

using rapidjson::Value;

struct busy_actor {
  const Value* row = nullptr;
  double busy = 0; // microseconds, since the earlier reading or the start
  double handled = 0;
};

std::string text_at(const Value& object, const char* key) {
  const auto* v = find(object, key);
  return v == nullptr ? std::string{} : plain(*v);
}

std::uint64_t rounded(double value) {
  return static_cast<std::uint64_t>(std::llround(std::max(value, 0.0)));
}

std::string percent(double part) {
  return std::to_string(rounded(part * 100)) + "%";
}

double grown(const Value& now, const Value* before, const char* key) {
  return std::max(real_at(now, key) - (before == nullptr ? 0.0 : real_at(*before, key)), 0.0);
}

std::vector<busy_actor> busiest(const reading& now, const reading* earlier, std::size_t rows) {
  std::map<std::string, const Value*> before;
  if (earlier != nullptr)
    for (const auto& row : list_at(earlier->actors, "actors").GetArray())
      before[text_at(row, "id")] = &row;
  std::vector<busy_actor> all;
  for (const auto& row : list_at(now.actors, "actors").GetArray()) {
    const auto old = before.find(text_at(row, "id"));
    const auto* then = old == before.end() ? nullptr : old->second;
    all.push_back({&row, grown(row, then, "busyUs"), grown(row, then, "handled")});
  }
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(rows, all.size()));
  std::partial_sort(all.begin(), end, all.end(), [](const busy_actor& a, const busy_actor& b) {
    return std::pair{a.busy, a.handled} > std::pair{b.busy, b.handled};
  });
  all.erase(end, all.end());
  return all;
}

void write_node(const reading& now, const reading* earlier, double seconds, std::ostream& out) {
  const auto& node = now.node;
  const Value* then = earlier == nullptr ? nullptr : &earlier->node;
  out << text_at(node, "node") << "  up "
      << human_duration(rounded(real_at(node, "uptimeSeconds") * 1e6));
  if (const auto* process = find(node, "process")) {
    const auto* before = then == nullptr ? nullptr : find(*then, "process");
    out << "  cpu " << percent(grown(*process, before, "cpuSeconds") / std::max(seconds, 1e-3))
        << "  memory " << human_count(number_at(*process, "residentBytes")) << "B  files "
        << number_at(*process, "openFds");
  }
  if (const auto* draining = find(node, "draining"); draining != nullptr && draining->IsTrue())
    out << "  DRAINING";
  out << '\n';
  const char* gap = "";
  constexpr std::array counts{
    std::pair{"connections", "connections"}, std::pair{"sessions", "sessions"},
    std::pair{"rooms", "rooms"}, std::pair{"liveActors", "actors"}};
  for (const auto& [key, title] : counts) {
    out << gap << human_count(number_at(node, key)) << ' ' << title;
    gap = ", ";
  }
  constexpr std::array rates{
    std::pair{"delivered", "delivered"}, std::pair{"dropped", "dropped"},
    std::pair{"httpRequests", "requests"}};
  for (const auto& [key, title] : rates)
    out << gap << human_count(rounded(grown(node, then, key) / std::max(seconds, 1e-3))) << ' '
        << title << "/s";
  out << '\n';
}

} // namespace

void show_top(const reading& now, const reading* earlier, std::size_t rows, std::ostream& out) {
  const double seconds = earlier == nullptr
                           ? real_at(now.node, "uptimeSeconds")
                           : std::chrono::duration<double>(now.at - earlier->at).count();
  write_node(now, earlier, seconds, out);
  out << '\n';
  table t{
    {{"ID"},
     {"TYPE"},
     {"NAME"},
     {"BUSY", align::right},
     {"MSG/S", align::right},
     {"MAILBOX", align::right},
     {"STUCK", align::right},
     {"LAST MESSAGE"}}};
  for (const auto& a : busiest(now, earlier, rows)) {
    // without an earlier reading a young actor's share is that of its own life
    const double lived = std::max(std::min(seconds, real_at(*a.row, "ageMs") / 1e3), 1e-3);
    t.add(
      {text_at(*a.row, "id"), text_at(*a.row, "type"), text_at(*a.row, "name"),
       percent(a.busy / 1e6 / lived), human_count(rounded(a.handled / lived)),
       human_count(number_at(*a.row, "mailbox")), human_duration(number_at(*a.row, "stuckUs")),
       text_at(*a.row, "lastMessage")});
  }
  t.write(out);
}

} // namespace ctl
