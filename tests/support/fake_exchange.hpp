#pragma once

#include "net/http/exchange.hpp"
#include "net/http/upgraded.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace support {

/// A request as the HTTP side would hand it over, and what became of it.
class fake_exchange final : public net::http::exchange {
public:
  explicit fake_exchange(net::shard& home) : home_{home} {}

  net::shard& home() override { return home_; }
  void respond(net::http::response r) override {
    REQUIRE_FALSE(is_answered_);
    is_answered_ = true;
    answer = std::move(r);
  }
  void fail(const domain::error&) override { FAIL("the engine answers by itself"); }
  void on_abort(std::function<void()> f) override { abort_ = std::move(f); }
  void hand_over(std::uint32_t shard_index) override {
    is_answered_ = true;
    handed_to = shard_index;
  }
  std::unique_ptr<net::http::upgraded> take_socket() override { return nullptr; }
  void abort() { abort_(); }

  std::optional<net::http::response> answer;
  std::optional<std::uint32_t> handed_to;

private:
  net::shard& home_;
  std::function<void()> abort_;
};

} // namespace support
