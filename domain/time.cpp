// RFC 3339
#include "domain/time.hpp"

namespace domain {

namespace {

void put(char* at, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

/// Reads fixed-width numbers and single characters from the front; one wrong thing spoils all.
class scanner {
public:
  explicit scanner(std::string_view text) : rest_(text) {}

  bool number(int digits, int low, int high, int& out) {
    if (rest_.size() < static_cast<std::size_t>(digits))
      return false;
    out = 0;
    for (int i = 0; i < digits; ++i) {
      const char c = rest_[static_cast<std::size_t>(i)];
      if (c < '0' || c > '9')
        return false;
      out = out * 10 + (c - '0');
    }
    rest_.remove_prefix(static_cast<std::size_t>(digits));
    return out >= low && out <= high;
  }
  bool one_of(std::string_view allowed, char& found) {
    if (rest_.empty() || allowed.find(rest_[0]) == std::string_view::npos)
      return false;
    found = rest_[0];
    rest_.remove_prefix(1);
    return true;
  }
  bool literal(char c) {
    char found = 0;
    return one_of(std::string_view{&c, 1}, found);
  }
  bool is_digit() const { return !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; }
  bool at_end() const { return rest_.empty(); }

private:
  std::string_view rest_;
};

bool read_fraction(scanner& s, int& milliseconds) {
  if (!s.is_digit())
    return false;
  int weight = 100;
  for (int digit = 0; s.is_digit(); weight /= 10)
    if (s.number(1, 0, 9, digit))
      milliseconds += digit * weight;
  return true;
}

} // namespace

std::string to_iso8601(timestamp at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const auto of_day = static_cast<unsigned>((at - day).count());
  std::string out = "0000-00-00T00:00:00.000Z";
  put(&out[0], static_cast<unsigned>(static_cast<int>(date.year())), 4);
  put(&out[5], static_cast<unsigned>(date.month()), 2);
  put(&out[8], static_cast<unsigned>(date.day()), 2);
  put(&out[11], of_day / 3'600'000, 2);
  put(&out[14], of_day / 60'000 % 60, 2);
  put(&out[17], of_day / 1'000 % 60, 2);
  put(&out[20], of_day % 1'000, 3);
  return out;
}

std::optional<timestamp> parse_iso8601(std::string_view text) {
  scanner s{text};
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, milliseconds = 0;
  char separator = 0;
  if (
    !s.number(4, 0, 9999, year) || !s.literal('-') || !s.number(2, 1, 12, month) || !s.literal('-')
    || !s.number(2, 1, 31, day) || !s.one_of("Tt", separator) || !s.number(2, 0, 23, hour)
    || !s.literal(':') || !s.number(2, 0, 59, minute) || !s.literal(':')
    || !s.number(2, 0, 59, second))
    return std::nullopt;
  if (s.literal('.') && !read_fraction(s, milliseconds))
    return std::nullopt;
  char zone = 0;
  int offset_hours = 0, offset_minutes = 0;
  if (!s.one_of("Zz+-", zone))
    return std::nullopt;
  if (zone == '+' || zone == '-')
    if (!s.number(2, 0, 23, offset_hours) || !s.literal(':') || !s.number(2, 0, 59, offset_minutes))
      return std::nullopt;
  const std::chrono::year_month_day date{
    std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
    std::chrono::day{static_cast<unsigned>(day)}};
  if (!s.at_end() || !date.ok())
    return std::nullopt;
  const auto offset = std::chrono::hours{offset_hours} + std::chrono::minutes{offset_minutes};
  const timestamp local = std::chrono::sys_days{date} + std::chrono::hours{hour}
                          + std::chrono::minutes{minute} + std::chrono::seconds{second}
                          + std::chrono::milliseconds{milliseconds};
  return zone == '-' ? local + offset : local - offset;
}

} // namespace domain
