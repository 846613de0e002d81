// The sub-protocol `troupe.v1.json`: {"event","data","id"?} in, {"event","data"} and {"ack":id,"data":…} out.
#pragma once

#include "net/frame.hpp"

#include <string_view>

namespace net::plain {

frame_ptr encode_event(std::string_view name, std::string_view data_json);
frame_ptr encode_ack(std::string_view id_json, std::string_view data_json);

} // namespace net::plain
