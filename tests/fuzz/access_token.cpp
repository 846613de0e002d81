// The claims of a token with a good signature, which whoever signs tokens for us may fill as they
// like; and the same bytes as a whole token, from anybody.
#include "actors/authenticator_tokens.hpp"
#include "domain/limits.hpp"
#include "tests/fuzz/must.hpp"

#include <sodium.h>

#include <array>
#include <string>
#include <string_view>

namespace {

const std::string key = "0123456789abcdef0123456789abcdef";

std::string encoded(const unsigned char* bytes, std::size_t size) {
  constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string out(sodium_base64_encoded_len(size, variant), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes, size, variant);
  out.pop_back(); // the terminating zero
  return out;
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string signed_token(const std::uint8_t* claims, std::size_t size) {
  constexpr std::string_view header = R"({"alg":"HS256","typ":"JWT"})";
  auto token = encoded(bytes_of(header), header.size()) + '.' + encoded(claims, size);
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
  crypto_auth_hmacsha256(mac.data(), bytes_of(token), token.size(), bytes_of(key));
  return token + '.' + encoded(mac.data(), mac.size());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto tokens = [] {
    actors::settings config;
    config.jwt_secret = key;
    return actors::access_tokens{config};
  }();
  constexpr domain::timestamp now{std::chrono::seconds{1'700'000'000}};
  const auto whole = tokens.check({reinterpret_cast<const char*>(data), size}, now);
  fuzz::must(!whole); // nobody guesses a signature
  const auto claims = tokens.check(signed_token(data, size), now);
  if (!claims) {
    fuzz::must(claims.error().code == domain::errc::unauthorized);
    return 0;
  }
  fuzz::must(!claims->subject.empty());
  fuzz::must(claims->expires_at > now);
  if (claims->traits != nullptr) {
    auto traits = *claims->traits;
    fuzz::must(!check(traits));
  }
  return 0;
}
