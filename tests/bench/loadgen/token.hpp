#pragma once

#include <cstdint>
#include <string>

namespace loadgen {

/// An HS256 token for user `bench_NNNNN`, good for an hour, as an application's own backend would
/// make it.
std::string mint_token(const std::string& secret, std::uint32_t user);

} // namespace loadgen
