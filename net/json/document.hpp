#pragma once

#include <rapidjson/document.h>

#include <memory>

namespace net::json {

namespace detail {
/// Made before the document and destroyed behind it.
struct document_pool {
  using allocator = rapidjson::Document::AllocatorType;
  // With what malloc and the pool add, still a block of malloc's thread cache.
  static constexpr std::size_t chunk_bytes = 960;
  std::unique_ptr<allocator> pool = std::make_unique<allocator>(chunk_bytes);
};
} // namespace detail

/// RapidJSON's document with memory as a packet needs it: its own pool begins with 64 KiB, which
/// for malloc is a large block each time (it then tidies all small ones up). Must not be sliced: a
/// rapidjson::Document moved out of it loses the pool.
class document : private detail::document_pool, public rapidjson::Document {
public:
  document() : rapidjson::Document(pool.get()) {}
};

} // namespace net::json
