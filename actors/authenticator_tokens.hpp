#pragma once

#include "actors/settings.hpp"
#include "domain/result.hpp"
#include "domain/time.hpp"
#include "domain/user.hpp"

#include <memory>
#include <optional>
#include <string>

namespace actors {

/// What a checked access token says (contract section 2).
struct token_claims {
  std::string subject;
  domain::timestamp expires_at{};
  std::string username;
  std::string name;
  std::string email;
  std::optional<domain::role> role;
  std::string login;                            // `sid`: the family of refresh tokens it belongs to
  std::shared_ptr<const domain::traits> traits; // `attributes`, `location`; may be none
};

/// Makes and checks access tokens (RFC 7519) with the one algorithm and key of the configuration.
/// What the token's own header says about the algorithm is only compared, never followed. `exp` is
/// required and has no leeway: sessions get token_grace instead.
class access_tokens {
public:
  explicit access_tokens(const settings& config);

  /// Errors: unauthorized, with one message for everything that can be wrong.
  domain::result<token_claims> check(const std::string& token, domain::timestamp now) const;
  /// unavailable where tokens are made elsewhere (RS256, ES256: there is only a public key here).
  domain::result<std::string> issue(
    const domain::user& who, const std::string& id, const std::string& login, domain::timestamp now,
    std::chrono::seconds life) const;

private:
  std::string algorithm_;
  std::string key_;
};

/// How a refresh token is kept in storage: as a hash, so that a stolen database signs nobody in.
std::string hash_of_token(const std::string& token);

} // namespace actors
