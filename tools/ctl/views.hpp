#pragma once

#include <rapidjson/document.h>

#include <iosfwd>

// The admin API's answers as text.
namespace ctl {

void show_actors(const rapidjson::Value& listing, std::ostream& out);
void show_rooms(const rapidjson::Value& listing, std::ostream& out);
void show_sessions(const rapidjson::Value& listing, std::ostream& out);
/// One thing in full: a line per field, inner objects indented, lists of objects numbered.
void show_detail(const rapidjson::Value& thing, std::ostream& out);

} // namespace ctl
