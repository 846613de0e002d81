#pragma once

#include "domain/error.hpp"
#include "domain/user.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace net {
class shard;
}

namespace net::http {

/// One request as handlers see it: already past the guard (net/http/guard.hpp), body complete.
struct request {
  std::string method;                                       // "GET"
  std::string target;                                       // as sent
  std::string path;                                         // percent-decoded, without query
  std::vector<std::pair<std::string, std::string>> query;   // decoded, in order
  std::vector<std::pair<std::string, std::string>> headers; // in order, names as sent
  std::string body;
  std::string address;                  // of the peer
  std::string request_id;               // X-Request-Id, or made here
  bool is_upgrade = false;              // a WebSocket handshake is asked for
  std::optional<domain::principal> who; // set by the authenticate middleware

  std::string_view header(std::string_view name) const; // case-insensitive; empty when missing
  std::string_view
  parameter(std::string_view name) const; // of the query: the first; empty when missing
};

struct response {
  int status = 200;
  std::string content_type = "application/json; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::shared_ptr<const std::string> shared_body; // instead of `body`, for files
  bool close = false;                             // close the connection after it
};

/// What a middleware does with an answer on its way out: call `send` once, at once or later.
using send_response = std::function<void(response)>;
using response_filter = std::function<void(response, send_response send)>;

/// What a WebSocket needs of the HTTP connection that it replaces.
struct upgraded;
/// What an answer that goes on needs of it (net/http/stream.hpp).
struct streamed;

/// One request and its one answer. Runs on the shard that owns the connection. Dropped without an
/// answer, it answers 503 by itself; the second answer is ignored.
class exchange {
public:
  virtual ~exchange() = default;
  const request& req() const { return request_; }
  request& req() { return request_; }
  virtual shard& home() = 0;
  virtual void respond(response r) = 0;
  /// In the envelope of contract section 2 (or RFC 9457 when asked for), with request id.
  virtual void fail(const domain::error& why) = 0;
  bool is_answered() const { return is_answered_; }
  /// Called once when the peer goes away before the answer. Used by long polling.
  virtual void on_abort(std::function<void()> f) = 0;
  /// Moves the connection with this request to another shard, where the routes see it again. Counts
  /// as the answer here.
  virtual void hand_over(std::uint32_t shard_index) = 0;
  /// Gives the raw connection away for a WebSocket. Counts as the answer.
  virtual std::unique_ptr<upgraded> take_socket() = 0;
  /// Gives the connection away for an answer without an end that is known (server-sent events):
  /// close-delimited, as HTTP/1.0 and 1.1 both understand it. `head`: its status and headers.
  /// Counts as the answer. nullptr: the peer has gone.
  virtual std::unique_ptr<streamed> take_stream(response head);

  /// Headers that the answer gets whatever it is (CORS, rates).
  void add_header(std::string name, std::string value) {
    reply_headers_.emplace_back(std::move(name), std::move(value));
  }
  /// At most one: sees the answer of `respond` and `fail` before it leaves.
  void filter_response(response_filter f) { filter_ = std::move(f); }

protected:
  request request_;
  std::vector<std::pair<std::string, std::string>> reply_headers_;
  response_filter filter_;
  bool is_answered_ = false;
};
using exchange_ptr = std::shared_ptr<exchange>;

} // namespace net::http
