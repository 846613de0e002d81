#include "net/engineio/packet.hpp"
#include "net/utf8.hpp"
#include "tests/fuzz/must.hpp"

#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace net::engineio;
  const std::string_view body{reinterpret_cast<const char*>(data), size};
  net::is_utf8(body);
  payload_reader reader{body};
  std::string again;
  std::size_t packets = 0;
  while (const auto p = reader.next()) {
    fuzz::must(!p->binary || p->type == packet_type::message);
    fuzz::must(p->binary || p->data.find(separator) == std::string_view::npos);
    const auto frame =
      p->binary
        ? net::make_binary_frame(p->data)
        : net::make_text_frame(std::to_string(static_cast<int>(p->type)) + std::string{p->data});
    append_to_payload(again, *frame);
    ++packets;
  }
  fuzz::must(packets <= size);
  // One text for each meaning: a good payload is exactly what its packets are encoded to.
  fuzz::must(reader.is_broken() ? body.starts_with(again) : body == again);
  return 0;
}
