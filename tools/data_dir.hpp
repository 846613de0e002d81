#pragma once

#include "domain/ports/random.hpp"
#include "domain/result.hpp"

#include <string>

namespace tools {

/// Makes the folder when it is missing, for its owner only. Errors: unavailable, with the reason.
domain::result<void> make_data_dir(const std::string& path);

/// The secret that signs tokens when none is configured: DATA_DIR/jwt_secret, made once with mode
/// 0600; of two nodes that start at once, both get the one that was first. Errors: unavailable,
/// with the reason.
domain::result<std::string> kept_secret(const std::string& data_dir, domain::random& random);

} // namespace tools
