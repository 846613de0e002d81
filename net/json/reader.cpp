// RFC 8259, with bounds. RapidJSON's own limits are not enough: it has no depth bound, keeps
// duplicate keys and lets a lone low surrogate through in some versions, so every token passes the
// guard first.
#include "net/json/reader.hpp"

#include "net/json/guard.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstring>

namespace net::json {
namespace {

struct guarded_text {
  std::string_view text;
  std::string failure;

  bool operator()(rapidjson::Document& into) {
    constexpr unsigned flags = rapidjson::kParseIterativeFlag
                               | rapidjson::kParseValidateEncodingFlag
                               | rapidjson::kParseNumbersAsStringsFlag;
    rapidjson::MemoryStream bytes{text.data(), text.size()};
    rapidjson::Reader reader;
    guard<rapidjson::Document> each{into};
    const auto outcome = reader.Parse<flags>(bytes, each);
    if (!outcome.IsError())
      return true;
    failure = "Invalid JSON: ";
    failure +=
      each.refusal() != nullptr ? each.refusal() : rapidjson::GetParseError_En(outcome.Code());
    return false;
  }
};

} // namespace

domain::result<document> parse(std::string_view text) {
  // A zero byte is never legal in JSON, and RapidJSON takes it for the end: what follows would go
  // unread.
  if (text.empty() || std::memchr(text.data(), 0, text.size()) != nullptr)
    return domain::error{
      domain::errc::bad_request, "Invalid JSON: it is empty or holds a zero byte", {}, {}};
  guarded_text source{text, {}};
  document made;
  made.Populate(source);
  if (!source.failure.empty())
    return domain::error{domain::errc::bad_request, std::move(source.failure), {}, {}};
  return made;
}

std::string write(const rapidjson::Value& v) {
  rapidjson::StringBuffer bytes;
  rapidjson::Writer<rapidjson::StringBuffer> writer{bytes};
  v.Accept(writer);
  return {bytes.GetString(), bytes.GetSize()};
}

} // namespace net::json
