#pragma once

#include "net/byte_stream.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <string>

namespace net::http {

struct upgraded {
  byte_stream stream;
  boost::beast::http::request<boost::beast::http::string_body> handshake;
  std::string
    leftover; // bytes that came right behind the handshake (the first frame may be there already)
};

} // namespace net::http
