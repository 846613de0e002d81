#include "persistence/sqlite/site.hpp"
#include "persistence/storage.hpp"

#include <string_view>

namespace persistence {

domain::result<std::unique_ptr<storage>>
open_storage(const std::string& url, storage_options options) {
  constexpr std::string_view scheme = "sqlite:";
  if (!url.starts_with(scheme) || url.size() == scheme.size())
    return domain::error{
      domain::errc::bad_request,
      "the database address must be sqlite:PATH, not " + url.substr(0, url.find(':')) + ":…",
      {},
      {}};
  return sqlite::open(url.substr(scheme.size()), options);
}

} // namespace persistence
