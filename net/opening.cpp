#include "net/opening.hpp"

#include "net/engineio/packet.hpp"

#include <string>

namespace net {

int check_opening(const http::request& asked) {
  constexpr std::size_t key_bytes = 16;
  if (asked.method != "GET")
    return 405;
  if (!asked.is_upgrade || asked.header("Sec-WebSocket-Version") != "13")
    return 426;
  std::string key;
  const bool has_key =
    engineio::decode_base64(asked.header("Sec-WebSocket-Key"), key) && key.size() == key_bytes;
  // A body would be read as the first frames.
  return has_key && asked.body.empty() ? 0 : 400;
}

http::response opening_refusal(int status, std::string_view why) {
  http::response answer;
  answer.status = status;
  answer.content_type = "text/plain; charset=UTF-8";
  answer.body = why;
  answer.close = true;
  if (status == 426)
    answer.headers = {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}};
  else if (status == 405)
    answer.headers = {{"Allow", "GET"}};
  return answer;
}

void refuse_opening(const http::exchange_ptr& e, int status, std::string_view why) {
  e->respond(opening_refusal(status, why));
}

} // namespace net
