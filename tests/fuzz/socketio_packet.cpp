// Input: messages separated by a zero byte; one that begins with 0x01 is binary.
#include "net/socketio/packet.hpp"
#include "tests/fuzz/must.hpp"

#include <string_view>

namespace {

void check(const net::socketio::packet& p) {
  using net::socketio::packet_type;
  fuzz::must(p.attachments.size() == p.attachment_count);
  fuzz::must(
    p.is_binary() ? p.attachment_count >= 1 && p.attachment_count <= net::socketio::attachments_max
                  : p.attachment_count == 0);
  fuzz::must(!p.id || *p.id < std::uint64_t{1} << 53);
  fuzz::must(p.nsp.starts_with('/') && p.nsp.find(',') == std::string::npos);
  if (!p.has_data)
    return;
  if (p.type == packet_type::event || p.type == packet_type::binary_event) {
    fuzz::must(
      p.data.IsArray() && !p.data.Empty() && (p.data[0].IsString() || p.data[0].IsNumber()));
    fuzz::must(!p.data[0].IsString() || !net::socketio::is_reserved_name(p.data[0].GetString()));
  }
  if (p.type == packet_type::connect)
    fuzz::must(p.data.IsObject());
  fuzz::must(p.type != packet_type::disconnect);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using net::socketio::decoder;
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  decoder d{4'096};
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\0'), rest.size());
    const auto message = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    net::socketio::packet p;
    const auto outcome =
      message.starts_with('\1') ? d.on_binary(message.substr(1), p) : d.on_text(message, p);
    if (outcome == decoder::outcome::invalid)
      break;
    fuzz::must(d.is_waiting() == (outcome == decoder::outcome::more));
    if (outcome == decoder::outcome::complete)
      check(p);
  }
  return 0;
}
