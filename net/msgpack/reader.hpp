#pragma once

#include "domain/result.hpp"
#include "net/json/document.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace net::msgpack {

/// Parses one MessagePack value from outside behind the guard of json::parse (same bounds on depth,
/// values, keys; strings are UTF-8, keys are strings, no key twice, nothing behind the value). A
/// declared size allocates nothing before its bytes are there. Never recursive. What JSON has no
/// word for becomes what JSON.stringify makes of it: NaN and infinities null, dates ISO 8601 text,
/// undefined null (in a map: the key is left out). Binary data is refused. Error: bad_request.
domain::result<json::document> parse(std::string_view bytes);

struct with_attachments {
  /// Binary data is `{"_placeholder":true,"num":N}` here, as in a JSON packet of Socket.IO.
  json::document value;
  std::vector<std::string> attachments;
};
/// The same with binary data, at most so many pieces. A map that looks like one of these is
/// refused, since it would be taken for an attachment.
domain::result<with_attachments>
parse_with_attachments(std::string_view bytes, std::size_t attachments_max);

} // namespace net::msgpack
