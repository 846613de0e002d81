#pragma once

#include <rapidjson/document.h>

#include <iosfwd>
#include <string>

namespace ctl {

/// One line of GET /admin/trace, for people or as it came. True: it was the last one.
bool write_trace_line(const std::string& line, bool as_json, std::ostream& out);

/// The answer of GET /admin/why.
void show_why(const rapidjson::Value& answer, std::ostream& out);

} // namespace ctl
