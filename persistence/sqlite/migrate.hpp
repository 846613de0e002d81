#pragma once

#include "domain/result.hpp"
#include "persistence/migrations.hpp"
#include "persistence/sqlite/database.hpp"

#include <span>

namespace persistence::sqlite {

/// Brings the schema up to the last of `all`: each in a transaction of its own, recorded with the
/// checksum of its text. Errors: a migration was edited after it ran here, or the database is of a
/// newer program (conflict); SQL that fails (internal).
domain::result<void> migrate(database& db, std::span<const migration> all);

} // namespace persistence::sqlite
