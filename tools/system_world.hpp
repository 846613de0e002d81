#pragma once

#include "domain/ports/clock.hpp"
#include "domain/ports/id_source.hpp"
#include "domain/ports/random.hpp"

#include <string>
#include <string_view>

namespace tools {

/// The machine's clocks. Any thread.
class system_clock final : public domain::clock {
public:
  domain::timestamp now() const override;
  domain::steady_time steady() const override;
};

/// Ids of a prefix, 48 bits of milliseconds and 80 random bits in Crockford's base32: they sort by
/// the time they were made (within a millisecond by nothing) and cannot be guessed. Any thread.
class system_ids final : public domain::id_source {
public:
  explicit system_ids(const domain::clock& clock) : clock_(clock) {}
  domain::user_id next_user() override;
  domain::room_id next_room() override;
  domain::message_id next_message() override;
  domain::session_id next_session() override;

private:
  std::string next(std::string_view prefix) const;
  const domain::clock& clock_;
};

/// The kernel's generator. Any thread.
class system_random final : public domain::random {
public:
  std::string token(std::size_t bytes) override;
};

} // namespace tools
