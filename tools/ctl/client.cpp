#include "tools/ctl/client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <charconv>
#include <cstddef>
#include <memory>

namespace ctl {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::size_t answer_bytes_max = 64u << 20; // a listing of very many actors

// The synchronous calls of Beast know no deadline; asynchronous ones, awaited one by one, do.
class dialogue {
public:
  explicit dialogue(std::chrono::milliseconds patience) {
    deadline_ = std::chrono::steady_clock::now() + patience;
  }

  http::response<http::string_body>
  run(const endpoint& where, http::request<http::string_body>& request, beast::error_code& why) {
    connect(where, why);
    if (!why)
      await_on_stream(why, [&](auto& s, auto done) { http::async_write(s, request, done); });
    http::response_parser<http::string_body> parser;
    parser.body_limit(answer_bytes_max);
    beast::flat_buffer buffer;
    if (!why)
      await_on_stream(why, [&](auto& s, auto done) { http::async_read(s, buffer, parser, done); });
    return parser.release();
  }

  /// The same with a body that is handed out line by line while it comes.
  http::response<http::string_body> follow(
    const endpoint& where, http::request<http::string_body>& request,
    const std::function<void(const std::string&)>& line, beast::error_code& why) {
    connect(where, why);
    if (!why)
      await_on_stream(why, [&](auto& s, auto done) { http::async_write(s, request, done); });
    http::response_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    beast::flat_buffer buffer;
    if (!why)
      await_on_stream(
        why, [&](auto& s, auto done) { http::async_read_header(s, buffer, parser, done); });
    const bool is_stream = !why && parser.get().result() == http::status::ok;
    while (!why && !parser.is_done()) {
      await_on_stream(
        why, [&](auto& s, auto done) { http::async_read_some(s, buffer, parser, done); });
      auto& text = parser.get().body();
      for (auto end = text.find('\n'); is_stream && end != std::string::npos;
           end = text.find('\n')) {
        line(text.substr(0, end));
        text.erase(0, end + 1);
      }
    }
    return parser.release();
  }

private:
  void connect(const endpoint& where, beast::error_code& why) {
    asio::ip::tcp::resolver resolver{io_};
    const auto found = resolver.resolve(where.host, std::to_string(where.port), why);
    if (!why)
      await(why, [&](auto done) { stream_.async_connect(found, done); });
    if (!why && where.is_tls)
      secure(where, why);
  }

  /// The certificate must be signed by somebody we trust, and be this host's.
  void secure(const endpoint& where, beast::error_code& why) {
    if (where.ca_file.empty())
      context_.set_default_verify_paths(why);
    else
      context_.load_verify_file(where.ca_file, why);
    if (why)
      return;
    tls_ = std::make_unique<tls_stream>(stream_, context_);
    tls_->set_verify_mode(asio::ssl::verify_peer);
    tls_->set_verify_callback(asio::ssl::host_name_verification{where.host});
    auto name = where.host; // SSL_set_tlsext_host_name without its old-style cast
    SSL_ctrl(
      tls_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    await(why, [&](auto done) { tls_->async_handshake(asio::ssl::stream_base::client, done); });
  }

  template <class Start>
  void await_on_stream(beast::error_code& why, Start start) {
    await(why, [&](auto done) {
      if (tls_ != nullptr)
        start(*tls_, done);
      else
        start(stream_, done);
    });
    // A node that closes without TLS's goodbye behind a whole answer has not cut it short.
    if (why == asio::ssl::error::stream_truncated)
      why = {};
  }

  template <class Start>
  void await(beast::error_code& why, Start start) {
    stream_.expires_at(deadline_);
    start([&why](beast::error_code e, const auto&...) { why = e; });
    io_.restart();
    io_.run();
  }

  using tls_stream = asio::ssl::stream<beast::tcp_stream&>;
  asio::io_context io_;
  asio::ssl::context context_{asio::ssl::context::tls_client};
  beast::tcp_stream stream_{io_};
  std::unique_ptr<tls_stream> tls_; // only for https
  std::chrono::steady_clock::time_point deadline_;
};

std::string text_at(const rapidjson::Value& object, const char* key) {
  if (!object.IsObject())
    return {};
  const auto found = object.FindMember(key);
  return found != object.MemberEnd() && found->value.IsString() ? found->value.GetString()
                                                                : std::string{};
}

std::string refusal(const answer& a) {
  auto code = text_at(a.json, "code");
  auto message = text_at(a.json, "message");
  std::string out = "the node answered " + std::to_string(a.status);
  if (!code.empty())
    out += " " + code;
  if (!message.empty())
    out += ": " + message;
  if (a.status == 401)
    out += " (is the token still valid? `troupectl login` prints a new one)";
  return out;
}

} // namespace

bool parse_endpoint(std::string_view url, endpoint& out, std::string& why) {
  constexpr std::string_view plain = "http://", secure = "https://";
  out.is_tls = url.starts_with(secure);
  if (!out.is_tls && !url.starts_with(plain)) {
    why = "the address must begin with http:// or https://";
    return false;
  }
  auto rest = url.substr(out.is_tls ? secure.size() : plain.size());
  if (rest.ends_with('/'))
    rest.remove_suffix(1);
  if (rest.empty() || rest.find_first_of("/?#@ ") != std::string_view::npos) {
    why = "the address must be http[s]://host[:port]";
    return false;
  }
  std::string_view port;
  if (rest.starts_with('[')) { // [::1]:8080
    const auto end = rest.find(']');
    if (end == std::string_view::npos) {
      why = "the address lacks a ]";
      return false;
    }
    port = rest.substr(end + 1);
    rest = rest.substr(1, end - 1);
  } else if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
    port = rest.substr(colon);
    rest = rest.substr(0, colon);
  }
  out.host = rest;
  out.port = out.is_tls ? 443 : 80;
  if (port.empty())
    return true;
  const auto* end = port.data() + port.size();
  const auto [read, failed] = std::from_chars(port.data() + 1, end, out.port);
  if (port.front() == ':' && failed == std::errc{} && read == end && out.port != 0)
    return true;
  why = "the port must be a number from 1 to 65535";
  return false;
}

std::string escape(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view unreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char c : text) {
    if (unreserved.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

namespace {

http::request<http::string_body> make_request(
  std::string_view method, const std::string& path, const endpoint& where,
  const std::string& token) {
  http::request<http::string_body> request{http::string_to_verb(method), "/api/v1" + path, 11};
  request.set(http::field::host, where.host + ":" + std::to_string(where.port));
  request.set(http::field::user_agent, "troupectl");
  request.set(http::field::connection, "close");
  if (!token.empty())
    request.set(http::field::authorization, "Bearer " + token);
  return request;
}

std::string broken(const endpoint& where, const beast::error_code& why) {
  const auto text = why == beast::error::timeout ? std::string{"no answer in time"} : why.message();
  return (where.is_tls ? "https://" : "http://") + where.host + ":" + std::to_string(where.port)
         + ": " + text;
}

} // namespace

answer client::follow(
  const std::string& path, std::chrono::milliseconds patience,
  const std::function<void(const std::string&)>& line) const {
  auto request = make_request("GET", path, where_, token_);
  answer out;
  beast::error_code why;
  auto response = dialogue{patience}.follow(where_, request, line, why);
  out.status = static_cast<int>(response.result_int());
  if (why) {
    out.problem = broken(where_, why);
    return out;
  }
  out.body = std::move(response.body());
  if (out.status == 200)
    return out;
  out.json.Parse<rapidjson::kParseIterativeFlag>(out.body.data(), out.body.size());
  out.problem = refusal(out);
  return out;
}

answer
client::call(std::string_view method, const std::string& path, const std::string& body) const {
  auto request = make_request(method, path, where_, token_);
  if (!body.empty()) {
    request.set(http::field::content_type, "application/json");
    request.body() = body;
  }
  if (!body.empty() || method == "POST")
    request.prepare_payload();

  answer out;
  beast::error_code why;
  auto response = dialogue{patience_}.run(where_, request, why);
  if (why) {
    out.problem = broken(where_, why);
    return out;
  }
  out.status = static_cast<int>(response.result_int());
  out.body = std::move(response.body());
  out.json.Parse<rapidjson::kParseIterativeFlag>(out.body.data(), out.body.size());
  if (out.status < 200 || out.status > 299)
    out.problem = refusal(out);
  else if (out.status != 204 && out.json.HasParseError())
    out.problem = "the answer is not JSON; is this a Troupe node?";
  return out;
}

} // namespace ctl
