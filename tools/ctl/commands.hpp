#pragma once

#include <iosfwd>

// The operator's tool: everything goes over /api/v1/admin, with a token of an administrator.
namespace ctl {

/// Exit code: 0 fine, 1 refused or failed, 2 usage. One line on `err` when not 0.
int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

} // namespace ctl
