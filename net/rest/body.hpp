#pragma once

#include "domain/result.hpp"
#include "net/http/exchange.hpp"
#include "net/json/document.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace net::rest {

/// Reads the JSON object of a request field by field, strictly: what is not asked for by name is an
/// error that names it. Every broken rule is collected; `failed` then says them all at once.
///   body b{req}; auto name = b.text("name"); if (auto why = b.failed()) return e->fail(*why);
class body {
public:
  enum class presence { required, optional };

  /// `may_be_empty`: no body at all reads as `{}`.
  explicit body(const http::request& req, presence of = presence::required);

  std::string text(const char* name);                         // required; empty when missing
  std::optional<std::string> optional_text(const char* name); // null counts as missing
  /// JSON texts of the elements, each of which must be an object; empty when missing.
  std::vector<std::string> optional_objects(const char* name);

  /// A member of any shape, for whoever reads what is in it; nullptr when missing or null.
  const rapidjson::Value* optional_value(const char* name);
  bool flag(const char* name); // false when missing

  void broken(std::string field, std::string message);
  /// Adds what the rules of the domain say about fields that have the right shape.
  void also(const domain::error& rules);
  /// Call after all fields were read. unsupported_media_type, bad_request or validation_failed.
  std::optional<domain::error> failed();
  /// The body is no JSON object at all: rules need not be asked.
  bool is_unreadable() const { return fatal_.code != domain::errc::none; }

private:
  const rapidjson::Value* find(const char* name);

  json::document content_;
  domain::error fatal_;
  std::vector<std::string> known_;
  std::vector<domain::violation> violations_;
};

} // namespace net::rest
