// TLS 1.2 and 1.3 for the listener: RFC 8446, RFC 5246, RFC 7301 (ALPN), RFC 9325 (which suites).
#pragma once

#include "domain/result.hpp"
#include "net/byte_stream.hpp"

#include <memory>
#include <mutex>
#include <string>

struct ssl_ctx_st; // OpenSSL's SSL_CTX

namespace net {

/// The certificate that a node shows, and how. Any thread.
class tls {
public:
  /// Reads both files (PEM; the certificate with its chain). Errors: bad_request, with a line for
  /// the operator.
  static domain::result<std::shared_ptr<tls>> load(std::string cert_file, std::string key_file);

  /// Reads the files again; connections that are open keep what they have. On an error the old
  /// certificate stays.
  domain::result<void> reload();
  /// For one accepted connection. nullptr when there is no memory.
  tls_session accept(int descriptor) const;
  /// When the certificate ends, as a Unix time in seconds.
  std::int64_t expires_at() const;

private:
  tls(std::string cert_file, std::string key_file)
      : cert_file_(std::move(cert_file)), key_file_(std::move(key_file)) {}
  std::shared_ptr<ssl_ctx_st> current() const;

  const std::string cert_file_;
  const std::string key_file_;
  mutable std::mutex mutex_;
  std::shared_ptr<ssl_ctx_st> context_; // guarded by mutex_
};

} // namespace net
