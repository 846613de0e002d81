#include "tools/ctl/trace.hpp"

#include "tools/ctl/fields.hpp"
#include "tools/ctl/table.hpp"

#include <ostream>
#include <string_view>

namespace ctl {

namespace {

using rapidjson::Value;

std::string text_at(const Value& object, const char* key) {
  const auto* v = find(object, key);
  return v == nullptr ? std::string{} : plain(*v);
}

/// `slow consumer (4008)`; empty: not ended.
std::string end_of(const Value& delivery) {
  const auto code = text_at(delivery, "closeCode");
  return text_at(delivery, "ended") + (code.empty() ? code : " (" + code + ')');
}

/// `2026-11-24T10:15:30.123Z` → `10:15:30.123`.
std::string time_of_day(const std::string& at) {
  return at.size() == 24 ? at.substr(11, 12) : at;
}

} // namespace

bool write_trace_line(const std::string& line, bool as_json, std::ostream& out) {
  rapidjson::Document read;
  read.Parse<rapidjson::kParseIterativeFlag>(line.data(), line.size());
  if (read.HasParseError() || !read.IsObject())
    return false;
  const auto what = text_at(read, "what");
  const bool is_last = what == "end";
  if (as_json) {
    out << line << '\n';
    return is_last;
  }
  const auto at = text_at(read, "at");
  out << (at.empty() ? std::string(12, ' ') : time_of_day(at)) << "  " << what
      << std::string(what.size() < 12 ? 12 - what.size() : 1, ' ');
  for (const auto& [name, value] : read.GetObject()) {
    const std::string_view key{name.GetString(), name.GetStringLength()};
    if (key != "at" && key != "what")
      out << ' ' << key << '=' << plain(value);
  }
  out << '\n';
  return is_last;
}

void show_why(const Value& answer, std::ostream& out) {
  out << text_at(answer, "verdict") << ": " << text_at(answer, "explanation") << "\n\n";
  if (const auto* message = find(answer, "message"))
    out << "message   " << text_at(*message, "id") << ", seq " << text_at(*message, "seq")
        << " of room " << text_at(*message, "roomId") << " (" << text_at(*message, "roomType")
        << "), stored " << text_at(*message, "storedAt") << '\n';
  if (const auto* user = find(answer, "user")) {
    const auto role = text_at(*user, "memberAs");
    out << "user      " << text_at(*user, "id") << ", " << text_at(*user, "username") << ", "
        << (role.empty() ? "no member" : role) << '\n';
  }
  const auto* is_exact = find(answer, "exact");
  out << "known by  "
      << (is_exact != nullptr && is_exact->IsTrue() ? "the delivery itself" : "its time") << '\n';
  const auto& deliveries = list_at(answer, "deliveries");
  if (deliveries.Empty())
    return;
  out << '\n';
  table t{
    {{"SESSION"},
     {"SHARD", align::right},
     {"FATE"},
     {"BYTES", align::right},
     {"CONNECTED"},
     {"ENDED"}}};
  for (const auto& each : deliveries.GetArray())
    t.add(
      {text_at(each, "session"), text_at(each, "shard"), text_at(each, "fate"),
       text_at(each, "bytes"), text_at(each, "connected"), end_of(each)});
  t.write(out);
}

} // namespace ctl
