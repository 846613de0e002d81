#pragma once

#include "net/frame.hpp"
#include "net/http/exchange.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace net::plain {

/// What a handshake settles on. `name`: to be said in the answer; empty: the client offered none.
struct sub_protocol {
  std::string name;
  encoding format = encoding::plain;
};
/// The first of the client's list that we speak; JSON for a client that offers none. Nothing: it
/// offers only what we do not speak (refuse it with 400 and the text below).
std::optional<sub_protocol> choose_sub_protocol(const http::request& handshake);

inline constexpr std::string_view unknown_sub_protocol =
  "None of the offered sub-protocols is spoken here; there are troupe.v1.json and "
  "troupe.v1.msgpack";

} // namespace net::plain
