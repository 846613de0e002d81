#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <string>

// Reading of answers that may lack what a newer or older node does not say.
namespace ctl {

/// Null when there is no such member.
const rapidjson::Value* find(const rapidjson::Value& object, const char* key);
/// 0 when there is no such number.
std::uint64_t number_at(const rapidjson::Value& object, const char* key);
double real_at(const rapidjson::Value& object, const char* key);
/// An empty array when there is no such list.
const rapidjson::Value& list_at(const rapidjson::Value& object, const char* key);
/// A value on one line, without control characters: text bare, the rest as JSON, null as nothing.
std::string plain(const rapidjson::Value& v);

} // namespace ctl
