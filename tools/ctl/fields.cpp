#include "tools/ctl/fields.hpp"

#include "tools/ctl/format.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace ctl {

using rapidjson::Value;

const Value* find(const Value& object, const char* key) {
  if (!object.IsObject())
    return nullptr;
  const auto found = object.FindMember(key);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

std::uint64_t number_at(const Value& object, const char* key) {
  const auto* v = find(object, key);
  return v != nullptr && v->IsUint64() ? v->GetUint64() : 0;
}

double real_at(const Value& object, const char* key) {
  const auto* v = find(object, key);
  return v != nullptr && v->IsNumber() ? v->GetDouble() : 0;
}

const Value& list_at(const Value& object, const char* key) {
  static const Value none{rapidjson::kArrayType};
  const auto* v = find(object, key);
  return v != nullptr && v->IsArray() ? *v : none;
}

std::string plain(const Value& v) {
  if (v.IsString())
    return printable({v.GetString(), v.GetStringLength()});
  if (v.IsNull())
    return "";
  if (v.IsBool())
    return v.GetBool() ? "yes" : "no";
  rapidjson::StringBuffer text;
  rapidjson::Writer<rapidjson::StringBuffer> writer{text};
  v.Accept(writer);
  return printable({text.GetString(), text.GetSize()});
}

} // namespace ctl
