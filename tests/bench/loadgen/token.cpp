#include "tests/bench/loadgen/token.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <ctime>
#include <string_view>

namespace loadgen {

namespace {

std::string base64url(std::string_view bytes) {
  static constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t bits = 0;
  unsigned pending = 0;
  for (char c : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    for (pending += 8; pending >= 6;) {
      pending -= 6;
      out += alphabet[(bits >> pending) & 63];
    }
  }
  if (pending > 0)
    out += alphabet[(bits << (6 - pending)) & 63];
  return out;
}

} // namespace

std::string mint_token(const std::string& secret, std::uint32_t user) {
  auto number = std::to_string(100'000 + user).substr(1);
  auto now = static_cast<long>(std::time(nullptr));
  auto claims = R"({"sub":"usr_bench_)" + number + R"(","username":"bench_)" + number
                + R"(","name":"Bench )" + number + R"(","iat":)" + std::to_string(now)
                + R"(,"exp":)" + std::to_string(now + 3'600) + "}";
  auto text = base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url(claims);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(
    EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
    reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &length);
  return text + "."
         + base64url({reinterpret_cast<const char*>(digest.data()), std::size_t{length}});
}

} // namespace loadgen
