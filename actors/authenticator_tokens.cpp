#include "actors/authenticator_tokens.hpp"

#include "domain/json.hpp"
#include "domain/limits.hpp"

#include <jwt.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>

namespace actors {

namespace {

using jwt_owner = std::unique_ptr<jwt_t, decltype(&jwt_free)>;

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

domain::error refused() {
  return {domain::errc::unauthorized, "Invalid or expired token", {}, {}};
}

std::string text_claim(jwt_t* token, const char* name) {
  const char* value = jwt_get_grant(token, name);
  return value != nullptr ? std::string{value} : std::string{};
}

/// Nothing when it is missing or no whole number.
std::optional<std::int64_t> number_claim(jwt_t* token, const char* name) {
  errno = 0;
  const auto value = jwt_get_grant_int(token, name);
  if (errno != 0)
    return std::nullopt;
  return value;
}

using members = std::vector<std::pair<std::string, domain::json_scalar>>;

/// Nothing when it is missing or holds more than strings, numbers and booleans.
std::optional<members> object_claim(jwt_t* token, const char* name) {
  const std::unique_ptr<char, decltype(&std::free)> text{
    jwt_get_grants_json(token, name), &std::free};
  return text ? domain::read_flat_object(text.get()) : std::nullopt;
}

/// Claims that break a rule count as left out: a token is valid or not for other reasons.
std::shared_ptr<const domain::traits> traits_claim(jwt_t* token) {
  domain::traits made;
  if (auto all = object_claim(token, "attributes"))
    made.attributes = std::move(*all);
  if (const auto place = object_claim(token, "location")) {
    const auto degrees = [&](const char* name) -> const double* {
      for (const auto& [key, value] : *place)
        if (key == name)
          return std::get_if<double>(&value);
      return nullptr;
    };
    if (const auto* lat = degrees("lat"), *lng = degrees("lng"); lat != nullptr && lng != nullptr)
      made.location = {*lat, *lng};
  }
  if (made == domain::traits{} || check(made))
    return nullptr;
  return std::make_shared<domain::traits>(std::move(made));
}

} // namespace

access_tokens::access_tokens(const settings& config)
    : algorithm_(config.jwt_algorithm),
      key_(config.jwt_algorithm == "HS256" ? config.jwt_secret : config.jwt_public_key) {}

domain::result<token_claims>
access_tokens::check(const std::string& token, domain::timestamp now) const {
  if (
    token.empty() || token.size() > domain::limits::token_bytes || key_.empty()
    || token.find('\0') != std::string::npos)
    return refused();
  jwt_t* decoded = nullptr;
  // With a key given, libjwt refuses `alg: none` itself; everything else is compared below.
  if (jwt_decode(&decoded, token.c_str(), bytes_of(key_), static_cast<int>(key_.size())) != 0)
    return refused();
  const jwt_owner owner{decoded, &jwt_free};
  const char* used = jwt_alg_str(jwt_get_alg(decoded));
  if (used == nullptr || algorithm_ != used)
    return refused();
  const auto expires = number_claim(decoded, "exp");
  constexpr std::int64_t far =
    253'402'300'799; // the end of year 9999: beyond, milliseconds may overflow
  if (!expires || *expires <= 0)
    return refused();
  token_claims claims;
  claims.subject = text_claim(decoded, "sub");
  claims.expires_at = domain::timestamp{std::chrono::seconds{std::min(*expires, far)}};
  if (claims.subject.empty() || claims.expires_at <= now)
    return refused();
  if (const auto from = number_claim(decoded, "nbf");
      from && domain::timestamp{std::chrono::seconds{std::min(*from, far)}} > now)
    return refused();
  claims.username = text_claim(decoded, "username");
  claims.name = text_claim(decoded, "name");
  claims.email = text_claim(decoded, "email");
  claims.login = text_claim(decoded, "sid");
  domain::role role{};
  if (const auto text = text_claim(decoded, "role");
      !text.empty() && domain::parse_role(text, role))
    claims.role = role;
  claims.traits = traits_claim(decoded);
  return claims;
}

domain::result<std::string> access_tokens::issue(
  const domain::user& who, const std::string& id, const std::string& login, domain::timestamp now,
  std::chrono::seconds life) const {
  if (algorithm_ != "HS256" || key_.empty())
    return domain::error{
      domain::errc::unavailable, "Tokens are made elsewhere for this server", {}, {}};
  jwt_t* made = nullptr;
  if (jwt_new(&made) != 0)
    return domain::error{domain::errc::internal, "Internal error", {}, {}};
  const jwt_owner owner{made, &jwt_free};
  const auto seconds =
    std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  bool is_done = jwt_add_grant(made, "sub", who.id.value.c_str()) == 0;
  is_done = is_done && jwt_add_grant(made, "jti", id.c_str()) == 0;
  is_done = is_done && jwt_add_grant(made, "sid", login.c_str()) == 0;
  is_done = is_done && jwt_add_grant(made, "username", who.username.c_str()) == 0;
  is_done =
    is_done && jwt_add_grant(made, "role", std::string{domain::to_string(who.role)}.c_str()) == 0;
  is_done = is_done && jwt_add_grant_int(made, "iat", seconds) == 0;
  is_done = is_done && jwt_add_grant_int(made, "exp", seconds + life.count()) == 0;
  is_done =
    is_done && jwt_set_alg(made, JWT_ALG_HS256, bytes_of(key_), static_cast<int>(key_.size())) == 0;
  const std::unique_ptr<char, decltype(&std::free)> text{
    is_done ? jwt_encode_str(made) : nullptr, &std::free};
  if (!text)
    return domain::error{domain::errc::internal, "Internal error", {}, {}};
  return std::string{text.get()};
}

std::string hash_of_token(const std::string& token) {
  std::array<unsigned char, crypto_generichash_BYTES>
    hash{}; // BLAKE2b; the token has 256 random bits: no salt needed
  crypto_generichash(hash.data(), hash.size(), bytes_of(token), token.size(), nullptr, 0);
  std::string text(hash.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
  text.pop_back();
  return text;
}

} // namespace actors
