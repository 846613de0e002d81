#include "actors/authenticator_passwords.hpp"

#include "actors/error.hpp"
#include "actors/inspected.hpp"
#include "actors/surroundings.hpp"

#include <caf/all.hpp>
#include <sodium.h>

#include <array>

namespace actors {

namespace {

class password_worker final : public inspected<password_worker_actor::base> {
public:
  password_worker(caf::actor_config& config, const std::shared_ptr<surroundings>& world)
      : inspected(config, &world->live), world_(world), cost_(world->config.passwords) {}

  const char* name() const override { return "password_worker"; }

  password_worker_actor::behavior_type make_behavior() override {
    if (sodium_init() < 0)
      throw std::runtime_error("libsodium can't be initialised");
    return {
      [this](hash_password& question) -> caf::result<hashed_password> {
        auto hash = make_hash(question.password);
        sodium_memzero(question.password.data(), question.password.size());
        if (hash.empty())
          return to_caf(
            {domain::errc::overloaded, "Out of memory for passwords", {}, std::chrono::seconds{1}});
        return hashed_password{std::move(hash)};
      },
      [this](check_password& question) {
        if (question.hash.empty() && decoy_.empty())
          decoy_ = make_hash("nobody has this password");
        const auto& hash = question.hash.empty() ? decoy_ : question.hash;
        const bool fits =
          crypto_pwhash_str_verify(hash.c_str(), question.password.data(), question.password.size())
          == 0;
        sodium_memzero(question.password.data(), question.password.size());
        return password_verdict{fits && !question.hash.empty()};
      },
    };
  }

private:
  std::string make_hash(const std::string& password) const {
    std::array<char, crypto_pwhash_STRBYTES> text{};
    if (
      crypto_pwhash_str(text.data(), password.data(), password.size(), cost_.passes, cost_.bytes)
      != 0)
      return {};
    return text.data();
  }

  std::shared_ptr<surroundings> world_;
  password_cost cost_;
  std::string
    decoy_; // made with today's cost, so that an unknown account takes as long as a known one
};

} // namespace

password_worker_actor
spawn_password_worker(caf::actor_system& system, const std::shared_ptr<surroundings>& world) {
  return world->config.own_threads ? system.spawn<password_worker, caf::detached>(world)
                                   : system.spawn<password_worker>(world);
}

} // namespace actors
