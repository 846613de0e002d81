#include "net/plain/packed_codec.hpp"

#include "net/msgpack/reader.hpp"
#include "net/msgpack/writer.hpp"

namespace net::plain {

frame_ptr encode_packed_event(std::string_view name, std::string_view data_json) {
  msgpack::writer w;
  w.map(2).text("event").text(name).text("data").json(data_json);
  return make_binary_frame(w.take());
}

frame_ptr encode_packed_ack(std::string_view id_json, std::string_view data_json) {
  msgpack::writer w;
  w.map(2).text("ack").json(id_json).text("data").json(data_json);
  return make_binary_frame(w.take());
}

domain::result<request> decode_packed(std::string_view bytes) {
  auto parsed = msgpack::parse(bytes);
  if (!parsed)
    return parsed.error();
  return read_request(std::move(*parsed));
}

} // namespace net::plain
