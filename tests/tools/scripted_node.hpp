#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tests {

/// Answers as many HTTP requests as it has answers, one connection each, and keeps what was asked.
class scripted_node {
public:
  using request = boost::beast::http::request<boost::beast::http::string_body>;
  struct scripted {
    unsigned status;
    std::string body;
  };

  explicit scripted_node(std::vector<scripted> answers) {
    thread_ = std::thread{[this, answers = std::move(answers)] { serve(answers); }};
  }
  ~scripted_node() { thread_.join(); }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// All requests, after all answers were given.
  const std::vector<request>& asked() {
    if (thread_.joinable())
      thread_.join();
    thread_ = std::thread{[] {}};
    return asked_;
  }

private:
  void serve(const std::vector<scripted>& answers) {
    namespace http = boost::beast::http;
    for (const auto& a : answers) {
      auto socket = acceptor_.accept();
      boost::beast::flat_buffer buffer;
      request asked;
      boost::beast::error_code ignored;
      http::read(socket, buffer, asked, ignored);
      asked_.push_back(std::move(asked));
      http::response<http::string_body> out{static_cast<http::status>(a.status), 11};
      out.body() = a.body;
      out.keep_alive(false);
      out.prepare_payload();
      http::write(socket, out, ignored);
    }
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
  unsigned short port_ = acceptor_.local_endpoint().port();
  std::vector<request> asked_;
  std::thread thread_;
};

} // namespace tests
