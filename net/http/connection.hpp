#pragma once

#include "net/byte_stream.hpp"
#include "net/http/door.hpp"
#include "net/http/exchange.hpp"
#include "net/http/upgraded.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace net::http {

struct head_view;

/// A request on its way from one shard to another, with the socket it came by.
struct moved_connection;

/// One TCP connection: reads a request, has it answered, writes the answer, reads the next. One
/// request at a time, so a peer that pipelines waits in the kernel. Between requests it holds no
/// buffer and no parser.
class connection : public std::enable_shared_from_this<connection> {
public:
  using beast_request = boost::beast::http::request<boost::beast::http::string_body>;
  using clock = std::chrono::steady_clock;

  connection(std::shared_ptr<door> owner, byte_stream stream, std::string address);
  ~connection();
  connection(const connection&) = delete;

  void start();
  void start(moved_connection from);
  void close();
  void check_deadline(clock::time_point now);

  // -- for its exchange --
  door& owner() { return *owner_; }
  void answer(response r, const request& to);
  void watch(std::function<void()> on_gone);
  bool hand_over(std::uint32_t shard_index, request what, std::unique_ptr<beast_request> handshake);
  std::unique_ptr<upgraded> take_socket(std::unique_ptr<beast_request> handshake);
  std::unique_ptr<streamed> take_stream(const response& head, const request& to);

private:
  friend class door;
  enum class phase { idle, head, body, answering, writing, lingering, closed };
  using request_parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void wait_readable();
  void on_readable(boost::system::error_code why);
  void read_more();
  void advance();
  bool step();
  bool step_idle();
  bool step_head();
  bool begin_body(std::size_t head_size);
  std::size_t body_max_of(std::string_view target) const;
  void expect_body();
  bool step_body();
  void run();
  void dispatch(request what, std::unique_ptr<beast_request> handshake);
  void check_gone();
  void report(int status, const request& to);
  void let_go();
  static head_view view_of(const beast_request& message);
  request describe(const head_view& head) const;
  void refuse(int status, std::string_view code, std::string_view message, request what = {});
  void write_out();
  void written();
  void linger();
  void drain();
  void become(phase next, std::chrono::milliseconds time);
  std::string_view buffered() const;

  std::shared_ptr<door> owner_;
  connection* next_ = nullptr;
  connection* previous_ = nullptr;
  byte_stream stream_;
  std::string address_;
  phase phase_ = phase::idle;
  bool is_waiting_ = false;   // for the socket to become readable
  bool is_advancing_ = false; // answers given at once must not recurse through pipelined requests
  bool keep_alive_ = true;
  bool is_head_ = false;
  clock::time_point deadline_ = clock::time_point::max();
  clock::time_point began_{};
  boost::beast::flat_buffer in_;
  std::size_t scanned_ = 0;
  std::size_t taken_ = 0; // bytes of the body, or thrown away while lingering
  std::size_t fields_ = 0;
  std::size_t body_pace_ = 0; // bytes that buy another second
  std::unique_ptr<request_parser> parser_;
  std::function<void()> on_gone_;
  std::string out_head_;
  std::string out_body_;
  std::shared_ptr<const std::string> out_shared_;
  std::size_t sent_ = 0;
  std::size_t unacknowledged_ = 0; // when the deadline of writing was set
};

} // namespace net::http
