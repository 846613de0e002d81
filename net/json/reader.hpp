#pragma once

#include "domain/command.hpp"
#include "domain/result.hpp"
#include "net/json/document.hpp"

#include <string>
#include <string_view>

namespace net::json {

/// Parses text from outside behind one guard, in one pass: depth ≤ limits::json_depth, values, keys
/// and key bytes bounded, UTF-8 checked, no NaN or Infinity, nothing behind the value, no duplicate
/// keys, no number beyond double. Never recursive. Error: bad_request.
domain::result<document> parse(std::string_view text);
/// JSON text of a value.
std::string write(const rapidjson::Value& v);

/// The command that a client's event and its first argument ask for (contract section 3):
/// "join-room" takes an object or the bare id. `data` may be null (no argument). Errors:
/// bad_request (unknown command), validation_failed (shape; names the fields).
domain::result<domain::command> read_command(std::string_view name, const rapidjson::Value* data);

} // namespace net::json
