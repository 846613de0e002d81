#pragma once

#include "net/http/exchange.hpp"

#include <string>
#include <vector>

namespace net::http {

/// Whose pages may use this server from a browser: the same origin always, others by exact name.
class cors {
public:
  explicit cors(std::vector<std::string> origins = {}) : origins_(std::move(origins)) {}

  /// True without an Origin (no browser), for the same origin, and for a listed one.
  bool allows(const request& req) const;
  /// Adds what a browser wants to see, if the request comes from an allowed page of another origin.
  void apply(exchange& e) const;
  /// The answer to a preflight; `methods`: as in Allow.
  void apply_preflight(const request& req, const std::string& methods, response& out) const;

private:
  bool is_any() const { return origins_.size() == 1 && origins_.front() == "*"; }
  std::vector<std::string> origins_;
};

} // namespace net::http
