// Sub-protocol `troupe.v1.msgpack`: the fields of `troupe.v1.json` as MessagePack maps in binary
// messages.
#pragma once

#include "net/plain/codec.hpp"

namespace net::plain {

/// {"event":name,"data":…}
frame_ptr encode_packed_event(std::string_view name, std::string_view data_json);
/// {"ack":id,"data":…}; `id_json`: as in the request.
frame_ptr encode_packed_ack(std::string_view id_json, std::string_view data_json);
/// One binary message from a client. Error: bad_request.
domain::result<request> decode_packed(std::string_view bytes);

} // namespace net::plain
