#pragma once

#include <span>
#include <string_view>

namespace persistence {

/// One numbered file of persistence/migrations, built in.
struct migration {
  int number = 0;
  std::string_view name;
  std::string_view sql;
};

/// In order of their numbers. Made by persistence/migrations/embed.cmake.
std::span<const migration> sqlite_migrations();

} // namespace persistence
