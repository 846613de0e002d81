#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace net::msgpack {

/// Writes MessagePack (github.com/msgpack/msgpack/blob/master/spec.md), each value in its shortest
/// form. Containers say their size first, their elements follow:
/// `writer{}.map(1).text("event").text("typing").take()`.
class writer {
public:
  writer& nil();
  writer& boolean(bool value);
  writer& number(std::int64_t value);
  writer& number(std::uint64_t value);
  writer& real(double value);
  writer& text(std::string_view utf8);
  writer& binary(std::string_view bytes);
  writer& array(std::size_t elements);
  writer& map(std::size_t entries); // key, value, key, value …
  /// Already MessagePack, whole values.
  writer& raw(std::string_view bytes);
  /// One value given as JSON text, in one pass. Meant for text that was made here or has passed
  /// the guard, so it has no bounds of its own; what is not JSON becomes nil.
  writer& json(std::string_view text);
  /// For text from outside, behind the same guard as json::parse. False: it was refused,
  /// and nothing is written.
  bool json_from_outside(std::string_view text);
  /// A parsed value (of bounded depth). Objects `{"_placeholder":true,"num":N}` become
  /// the N-th of `attachments`, if there is one.
  writer& value(const rapidjson::Value& v, const std::vector<std::string>& attachments = {});

  std::size_t size() const { return out_.size(); }
  std::string take() { return std::move(out_); }

private:
  void head(unsigned char kind, std::uint64_t number, unsigned bytes);

  std::string out_;
};

} // namespace net::msgpack
