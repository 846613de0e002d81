// The sub-protocol `troupe.v1.json`: {"event","data","id"?} in, {"event","data"} and
// {"ack":id,"data":…} out.
#pragma once

#include "domain/result.hpp"
#include "net/frame.hpp"
#include "net/json/document.hpp"

#include <string>
#include <string_view>

namespace net::plain {

inline constexpr std::size_t id_bytes_max = 64;

frame_ptr encode_event(std::string_view name, std::string_view data_json);
frame_ptr encode_ack(std::string_view id_json, std::string_view data_json);

struct request {
  std::string event;
  std::string id; // JSON text; empty: no answer is asked for
  const rapidjson::Value* data =
    nullptr; // inside `content`, which may be moved; nullptr when missing
  json::document content;
};

/// One frame of a client. Error: bad_request, and the connection is closed.
domain::result<request> decode(std::string_view text);
/// The same, once parsed.
domain::result<request> read_request(json::document parsed);

} // namespace net::plain
