#pragma once

#include "net/http/exchange.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace net {

/// The pages: read once, at start, and served from memory, so no path of a client ever reaches the
/// file system.
class static_files {
public:
  struct file {
    std::shared_ptr<const std::string> content;
    std::string type;
    std::string etag;
  };

  /// A folder that is not there holds no files.
  explicit static_files(const std::string& folder);

  /// By path as in the address: "/app.js", "/" for index.html, "/dashboard" also for
  /// dashboard.html.
  const file* find(std::string_view path) const;
  /// GET and HEAD, with If-None-Match; anything else is 405, an unknown path 404.
  void serve(http::exchange& e) const;
  std::size_t size() const { return files_.size(); }

private:
  std::map<std::string, file, std::less<>> files_;
};

} // namespace net
