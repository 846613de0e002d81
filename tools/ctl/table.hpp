#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace ctl {

enum class align { left, right };

/// Text in aligned columns, two spaces apart; a column nothing is in is left out.
class table {
public:
  struct column {
    std::string title;
    align side = align::left;
    std::size_t width_max = 48; // longer cells are cut
  };

  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}
  /// As many cells as there are columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::size_t size() const { return rows_.size(); }
  void write(std::ostream& out) const;

private:
  std::vector<column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

} // namespace ctl
