#include "tools/ctl/views.hpp"

#include "tools/ctl/fields.hpp"
#include "tools/ctl/format.hpp"
#include "tools/ctl/table.hpp"

#include <algorithm>
#include <array>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ctl {

namespace {

using rapidjson::Value;

enum class as { text, count, microseconds, milliseconds };

struct field {
  const char* key;
  const char* title;
  as kind = as::text;
};

constexpr std::array actor_fields{
  field{"id", "ID", as::text},
  field{"type", "TYPE", as::text},
  field{"name", "NAME", as::text},
  field{"mailbox", "MAILBOX", as::count},
  field{"handled", "HANDLED", as::count},
  field{"busyUs", "BUSY", as::microseconds},
  field{"stuckUs", "STUCK", as::microseconds},
  field{"ageMs", "AGE", as::milliseconds},
  field{"restarts", "RESTARTS", as::count},
  field{"lastMessage", "LAST MESSAGE", as::text},
  field{"lastError", "LAST ERROR", as::text}};

constexpr std::array death_fields{
  field{"id", "ID", as::text}, field{"type", "TYPE", as::text}, field{"name", "NAME", as::text},
  field{"reason", "REASON", as::text}};

constexpr std::array room_fields{
  field{"id", "ID", as::text},
  field{"name", "NAME", as::text},
  field{"type", "TYPE", as::text},
  field{"memberCount", "MEMBERS", as::count},
  field{"online", "ONLINE", as::count}, // a list: its length
  field{"sessions", "SESSIONS", as::count},
  field{"lastSeq", "LAST SEQ", as::count},
  field{"epoch", "EPOCH", as::count},
  field{"pending", "PENDING", as::count},
  field{"actor", "ACTOR", as::text}};

constexpr std::array session_fields{
  field{"id", "ID", as::text}, field{"userId", "USER", as::text},
  field{"username", "USERNAME", as::text}, field{"since", "SINCE", as::text}};

std::string cell(const Value& row, const field& f) {
  const auto* v = find(row, f.key);
  if (v == nullptr)
    return "";
  const auto n = v->IsArray() ? v->Size() : v->IsUint64() ? v->GetUint64() : 0;
  switch (f.kind) {
  case as::text:
    break;
  case as::count:
    return v->IsNumber() || v->IsArray() ? human_count(n) : plain(*v);
  case as::microseconds:
    return human_duration(n);
  case as::milliseconds:
    return human_duration(n * 1'000);
  }
  return plain(*v);
}

void write_table(const Value& rows, std::span<const field> fields, std::ostream& out) {
  std::vector<table::column> columns;
  for (const auto& f : fields)
    columns.push_back({f.title, f.kind == as::text ? align::left : align::right});
  table t{std::move(columns)};
  for (const auto& row : rows.GetArray()) {
    std::vector<std::string> cells;
    for (const auto& f : fields)
      cells.push_back(cell(row, f));
    t.add(std::move(cells));
  }
  t.write(out);
}

void show_list(
  const Value& listing, const char* key, std::span<const field> fields, const char* noun,
  std::ostream& out) {
  const auto& rows = list_at(listing, key);
  write_table(rows, fields, out);
  const auto total = std::max<std::uint64_t>(number_at(listing, "total"), rows.Size());
  out << (rows.Empty() ? "" : "\n") << rows.Size() << " of " << human_count(total) << ' ' << noun
      << '\n';
}

void write_totals(const Value& listing, std::ostream& out) {
  const auto* totals = find(listing, "totals");
  if (totals == nullptr || !totals->IsObject() || totals->MemberCount() == 0)
    return;
  const char* comma = "";
  for (const auto& [type, n] : totals->GetObject()) {
    out << comma << human_count(n.IsUint64() ? n.GetUint64() : 0) << ' ' << plain(type);
    comma = ", ";
  }
  out << '\n';
}

void write_value(
  const std::string& gap, const std::string& indent, const Value& v, std::ostream& out);

void write_members(const std::string& indent, const Value& object, std::ostream& out) {
  std::size_t width = 0;
  for (const auto& [key, v] : object.GetObject())
    width = std::max(width, display_width(plain(key)));
  for (const auto& [key, v] : object.GetObject()) {
    const auto name = plain(key);
    out << indent << name;
    write_value(std::string(width - display_width(name) + 2, ' '), indent + "  ", v, out);
  }
}

/// `gap` goes before a value that stands on the line of its name.
void write_value(
  const std::string& gap, const std::string& indent, const Value& v, std::ostream& out) {
  if (v.IsObject() && v.MemberCount() > 0) {
    out << '\n';
    write_members(indent, v, out);
  } else if (v.IsArray() && !v.Empty() && v[0].IsObject()) {
    out << '\n';
    for (rapidjson::SizeType i = 0; i < v.Size(); ++i) {
      out << indent << i + 1 << '.';
      write_value(" ", indent + "  ", v[i], out);
    }
  } else {
    const auto text = plain(v);
    out << (text.empty() ? "" : gap) << text << '\n';
  }
}

} // namespace

void show_actors(const Value& listing, std::ostream& out) {
  show_list(listing, "actors", actor_fields, "actors", out);
  write_totals(listing, out);
  const auto& deaths = list_at(listing, "deaths");
  if (deaths.Empty())
    return;
  out << "\nended lately\n";
  write_table(deaths, death_fields, out);
}

void show_rooms(const Value& listing, std::ostream& out) {
  show_list(listing, "rooms", room_fields, "rooms", out);
}

void show_sessions(const Value& listing, std::ostream& out) {
  show_list(listing, "sessions", session_fields, "sessions", out);
}

void show_detail(const Value& thing, std::ostream& out) {
  if (thing.IsObject())
    write_members("", thing, out);
  else
    out << plain(thing) << '\n';
}

} // namespace ctl
