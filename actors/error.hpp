#pragma once

#include "domain/error.hpp"

#include <caf/error.hpp>

namespace actors {

/// domain::error as a CAF error (category "troupe", the whole error in its context) and back. CAF's
/// own errors become: request_timeout → retry, receiver down → unavailable, anything else →
/// internal.
caf::error to_caf(const domain::error& why);
domain::error from_caf(const caf::error& why);

} // namespace actors
