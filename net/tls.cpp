#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <cstring>
#include <ctime>

namespace net {
namespace {

constexpr const char* suites_of_1_2 = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                      "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                                      "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

/// OpenSSL's reason for the last failure, without its own file names.
std::string last_reason() {
  const auto code = ERR_peek_last_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  return reason != nullptr ? reason : "unreadable";
}

domain::error refusal(const std::string& what, const std::string& file) {
  return {domain::errc::bad_request, what + " " + file + ": " + last_reason(), {}, {}};
}

/// A client that offers protocols must offer HTTP/1.1 among them; one that offers none is let in.
int choose_protocol(
  SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
  unsigned int offered_size, void*) {
  static constexpr std::array<unsigned char, 9> ours{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  const auto how =
    SSL_select_next_proto(&chosen, out_size, ours.data(), ours.size(), offered, offered_size);
  *out = chosen;
  return how == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

domain::result<std::shared_ptr<SSL_CTX>>
make_context(const std::string& cert_file, const std::string& key_file) {
  std::shared_ptr<SSL_CTX> made{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
  auto* const c = made.get();
  if (c == nullptr)
    return refusal("cannot set up TLS with", cert_file);
  SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(c, suites_of_1_2);
  SSL_CTX_set1_groups_list(c, "X25519:P-256:P-384");
  SSL_CTX_set_options(
    c, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION
         | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // An idle connection keeps no record buffers.
  SSL_CTX_set_mode(
    c,
    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF); // tickets resume, without our memory
  SSL_CTX_set_alpn_select_cb(c, choose_protocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(c, cert_file.c_str()) != 1)
    return refusal("cannot use the TLS certificate", cert_file);
  if (SSL_CTX_use_PrivateKey_file(c, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return refusal("cannot use the TLS key", key_file);
  if (SSL_CTX_check_private_key(c) != 1)
    return refusal("the TLS certificate does not belong to the key", key_file);
  return made;
}

} // namespace

domain::result<std::shared_ptr<tls>> tls::load(std::string cert_file, std::string key_file) {
  std::shared_ptr<tls> made{new tls{std::move(cert_file), std::move(key_file)}};
  if (auto done = made->reload(); !done)
    return done.error();
  return made;
}

domain::result<void> tls::reload() {
  auto fresh = make_context(cert_file_, key_file_);
  if (!fresh)
    return fresh.error();
  const std::lock_guard lock{mutex_};
  context_ = std::move(*fresh);
  return {};
}

std::shared_ptr<SSL_CTX> tls::current() const {
  const std::lock_guard lock{mutex_};
  return context_;
}

tls_session tls::accept(int descriptor) const {
  tls_session made{SSL_new(current().get())}; // it keeps its context
  if (made == nullptr || SSL_set_fd(made.get(), descriptor) != 1)
    return nullptr;
  SSL_set_accept_state(made.get());
  return made;
}

std::int64_t tls::expires_at() const {
  const auto context = current();
  const auto* certificate = SSL_CTX_get0_certificate(context.get());
  std::tm end{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
    return 0;
  return static_cast<std::int64_t>(timegm(&end));
}

} // namespace net
