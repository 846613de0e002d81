// Input: one binary message. What is a packet comes out the same when it is packed and read again.
#include "net/json/reader.hpp"
#include "net/socketio/packed.hpp"
#include "tests/fuzz/must.hpp"

#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace net::socketio;
  const auto p = decode_packed({reinterpret_cast<const char*>(data), size});
  if (!p)
    return 0;
  fuzz::must(p->attachments.size() == p->attachment_count);
  fuzz::must(p->attachment_count <= attachments_max);
  fuzz::must(p->is_binary() == (p->attachment_count > 0));
  fuzz::must(!p->id || *p->id <= id_max);
  const auto type = !p->is_binary()                        ? p->type
                    : p->type == packet_type::binary_event ? packet_type::event
                                                           : packet_type::ack;
  if (p->has_data)
    fuzz::must(is_data_of(type, p->data));
  const auto json = p->has_data ? net::json::write(p->data) : std::string{};
  const auto packed = encode_packed(type, p->nsp, p->id, {json, p->attachments});
  const auto again = decode_packed(packed->payload());
  fuzz::must(again && again->type == p->type && again->nsp == p->nsp && again->id == p->id);
  fuzz::must(again->attachments == p->attachments);
  fuzz::must(again->has_data == p->has_data);
  return 0;
}
