#pragma once

#include <rapidjson/document.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace ctl {

/// Where a node is: `http://host[:port]` or `https://host[:port]`, nothing behind it.
struct endpoint {
  std::string host;
  std::uint16_t port = 80;
  bool is_tls = false;
  std::string ca_file = {}; // PEM: who may have signed its certificate; empty: the system's list
};
/// False when the text is not such an address; `why` then says what is wrong.
bool parse_endpoint(std::string_view url, endpoint& out, std::string& why);

/// One answer of the node, or the reason why there is none.
struct answer {
  int status = 0;      // 0: none; `problem` says why
  std::string body;    // as received
  std::string problem; // one line for the operator; empty when status is 2xx
  rapidjson::Document json;
  bool is_ok() const { return problem.empty(); }
};

/// A request at a time, a connection each: an operator's pace. Blocks the calling thread, at most
/// `patience` per request.
class client {
public:
  client(
    endpoint where, std::string token,
    std::chrono::milliseconds patience = std::chrono::seconds{10})
      : where_(std::move(where)), token_(std::move(token)), patience_(patience) {}

  answer get(const std::string& path) const { return call("GET", path, {}); }
  answer del(const std::string& path) const { return call("DELETE", path, {}); }
  answer post(const std::string& path, const std::string& body) const {
    return call("POST", path, body);
  }

  /// A GET whose answer goes on: calls `line` with each line of it as it comes, at most for
  /// `patience`. The answer given back has no body unless it was a refusal; `problem` also says
  /// when the connection broke.
  answer follow(
    const std::string& path, std::chrono::milliseconds patience,
    const std::function<void(const std::string&)>& line) const;

private:
  answer call(std::string_view method, const std::string& path, const std::string& body) const;

  endpoint where_;
  std::string token_;
  std::chrono::milliseconds patience_;
};

/// Percent-encodes what is not unreserved, for one part of a path or query.
std::string escape(std::string_view text);

} // namespace ctl
