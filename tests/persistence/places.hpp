#pragma once

#include "persistence/storage.hpp"

#include <memory>
#include <string>
#include <vector>

namespace support {

/// Somewhere to keep one test's data: an empty database of some kind, removed at the end.
class place {
public:
  virtual ~place() = default;
  virtual std::string url() const = 0;
};

/// Every kind of storage that the conformance suite runs on.
const std::vector<std::string>& storage_kinds();
std::unique_ptr<place> make_place(const std::string& kind);

/// An open storage with its writer and one reader.
class open_store {
public:
  explicit open_store(const std::string& url, persistence::storage_options options = {});

  persistence::outcome write(persistence::change one);
  std::vector<persistence::outcome> write_all(std::vector<persistence::change> batch);
  persistence::reader& read() { return *reader_; }
  persistence::storage& storage() { return *storage_; }

  /// The usual start: a user "usr_ID", and a public room of theirs, activated.
  domain::user_id add_user(const std::string& id);
  domain::epoch add_room(
    const std::string& id, const domain::user_id& owner,
    domain::room_type type = domain::room_type::open);

private:
  std::unique_ptr<persistence::storage> storage_;
  std::unique_ptr<persistence::writer> writer_;
  std::unique_ptr<persistence::reader> reader_;
};

inline constexpr domain::timestamp noon{std::chrono::milliseconds{1'764'000'000'000}};

domain::user make_user(const std::string& id);
domain::message make_message(
  const std::string& room, const std::string& sender, const std::string& id,
  const std::string& client_id = {});
persistence::append_message append(domain::epoch epoch, domain::message message);

} // namespace support

/// Begins a test case that runs on each kind of storage: gives it `store`, and `place`.
#define TROUPE_FOR_EVERY_STORAGE                                                                   \
  const auto kind = GENERATE(from_range(support::storage_kinds()));                                \
  INFO("storage: " << kind);                                                                       \
  const auto place = support::make_place(kind);                                                    \
  support::open_store store {                                                                      \
    place->url()                                                                                   \
  }
