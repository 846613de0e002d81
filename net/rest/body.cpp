#include "net/rest/body.hpp"

#include "net/http/response.hpp"
#include "net/json/reader.hpp"

#include <algorithm>

namespace net::rest {

namespace {

/// `application/json`, with or without parameters; a charset must be UTF-8.
bool is_json(std::string_view type) {
  const auto end = type.find(';');
  auto name = type.substr(0, end);
  while (name.ends_with(' '))
    name.remove_suffix(1);
  if (!http::equal_ignoring_case(name, "application/json"))
    return false;
  if (end == std::string_view::npos)
    return true;
  auto parameter = type.substr(end + 1);
  std::string plain;
  for (const char c : parameter)
    if (c != ' ' && c != '"')
      plain += c;
  return plain.empty()
         || !http::equal_ignoring_case(std::string_view{plain}.substr(0, 8), "charset=")
         || http::equal_ignoring_case(plain, "charset=utf-8");
}

} // namespace

body::body(const http::request& req, presence of) {
  content_.SetObject();
  if (req.body.empty()) {
    if (of == presence::required)
      fatal_ = {domain::errc::bad_request, "The body is empty; a JSON object is expected", {}, {}};
    return;
  }
  if (!is_json(req.header("Content-Type"))) {
    fatal_ = {domain::errc::unsupported_media_type, "The body must be application/json", {}, {}};
    return;
  }
  auto parsed = json::parse(req.body);
  if (!parsed)
    fatal_ = parsed.error();
  else if (!parsed->IsObject())
    fatal_ = {domain::errc::validation_failed, "The body must be a JSON object", {}, {}};
  else
    content_ = std::move(*parsed);
}

const rapidjson::Value* body::find(const char* name) {
  known_.emplace_back(name);
  const auto found = content_.FindMember(name);
  return found == content_.MemberEnd() ? nullptr : &found->value;
}

void body::broken(std::string field, std::string message) {
  violations_.push_back({std::move(field), std::move(message)});
}

std::string body::text(const char* name) {
  const auto* v = find(name);
  if (v == nullptr) {
    broken(name, "is required");
    return {};
  }
  if (!v->IsString()) {
    broken(name, "must be a string");
    return {};
  }
  return {v->GetString(), v->GetStringLength()};
}

std::optional<std::string> body::optional_text(const char* name) {
  const auto* v = find(name);
  if (v == nullptr || v->IsNull())
    return std::nullopt;
  if (!v->IsString()) {
    broken(name, "must be a string");
    return std::nullopt;
  }
  return std::string{v->GetString(), v->GetStringLength()};
}

std::vector<std::string> body::optional_objects(const char* name) {
  const auto* v = find(name);
  std::vector<std::string> out;
  if (v == nullptr || v->IsNull())
    return out;
  if (!v->IsArray()) {
    broken(name, "must be an array of objects");
    return out;
  }
  for (const auto& element : v->GetArray()) {
    if (!element.IsObject()) {
      broken(name, "must be an array of objects");
      return {};
    }
    out.push_back(json::write(element));
  }
  return out;
}

const rapidjson::Value* body::optional_value(const char* name) {
  const auto* v = find(name);
  return v == nullptr || v->IsNull() ? nullptr : v;
}

bool body::flag(const char* name) {
  const auto* v = optional_value(name);
  if (v != nullptr && !v->IsBool())
    broken(name, "must be true or false");
  return v != nullptr && v->IsTrue();
}

void body::also(const domain::error& rules) {
  for (const auto& d : rules.details) {
    const bool is_named = std::any_of(
      violations_.begin(), violations_.end(), [&](const auto& v) { return v.field == d.field; });
    if (!is_named)
      violations_.push_back(d);
  }
}

std::optional<domain::error> body::failed() {
  if (is_unreadable())
    return fatal_;
  for (const auto& member : content_.GetObject()) {
    const std::string name{member.name.GetString(), member.name.GetStringLength()};
    if (std::find(known_.begin(), known_.end(), name) == known_.end())
      broken(name, "is not a known field");
  }
  if (violations_.empty())
    return std::nullopt;
  return domain::error{
    domain::errc::validation_failed, "Validation failed", std::move(violations_), {}};
}

} // namespace net::rest
