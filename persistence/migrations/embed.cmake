# Writes the migrations into a source file, so that the program needs no folder beside it.
#   cmake -DOUT=FILE -DDIR=FOLDER -P embed.cmake
file(GLOB files "${DIR}/[0-9][0-9][0-9][0-9]_*.sqlite.sql")
list(SORT files)
set(text "#include \"persistence/migrations.hpp\"\n\n#include <array>\n\nnamespace persistence {\n\n")
list(LENGTH files count)
string(APPEND text "std::span<const migration> sqlite_migrations() {\n"
  "  static constexpr std::array<migration, ${count}> all{{\n")
foreach(file IN LISTS files)
  get_filename_component(name "${file}" NAME)
  string(REGEX REPLACE "^0*([0-9]+)_.*$" "\\1" number "${name}")
  file(READ "${file}" sql)
  string(APPEND text "    {${number}, \"${name}\", R\"sql(${sql})sql\"},\n")
endforeach()
string(APPEND text "  }};\n  return all;\n}\n\n} // namespace persistence\n")
file(WRITE "${OUT}" "${text}")
