#include "net/encode.hpp"

#include "net/plain/codec.hpp"
#include "net/plain/packed_codec.hpp"
#include "net/socketio/encoder.hpp"
#include "net/socketio/packed.hpp"
#include "net/sse/encoder.hpp"
#include "net/sse/positions.hpp"

namespace net {

frame_ptr encode(encoding as, const domain::event& what, const journal_offset& at) {
  switch (as) {
  case encoding::plain:
    return plain::encode_event(what.name, what.data);
  case encoding::plain_msgpack:
    return plain::encode_packed_event(what.name, what.data);
  case encoding::sse:
    return sse::encode_event(what.name, what.data, sse::id_of(what));
  case encoding::sse_rooms:
    return sse::encode_event(what.name, what.data, {});
  case encoding::socketio_msgpack:
    return socketio::encode_packed_event(what.name, what.data, to_string(at));
  case encoding::socketio:
  case encoding::count_:
    break;
  }
  return socketio::encode_event(what.name, what.data, to_string(at));
}

} // namespace net
