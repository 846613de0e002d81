#include "tools/ctl/table.hpp"

#include "tools/ctl/format.hpp"

#include <algorithm>
#include <ostream>

namespace ctl {

void table::write(std::ostream& out) const {
  std::vector<std::size_t> widths(columns_.size(), 0); // 0: left out
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i)
      if (!row[i].empty())
        widths[i] = std::max(
          {widths[i], display_width(columns_[i].title),
           std::min(display_width(row[i]), columns_[i].width_max)});

  const auto write_row = [&](const auto& cell_at) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (widths[i] == 0)
        continue;
      const auto text = shortened(cell_at(i), widths[i]);
      const std::string padding(widths[i] - display_width(text), ' ');
      line += line.empty() ? "" : "  ";
      line += columns_[i].side == align::right ? padding + text : text + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  };
  if (rows_.empty())
    return;
  write_row([&](std::size_t i) { return columns_[i].title; });
  for (const auto& row : rows_)
    write_row([&](std::size_t i) { return row[i]; });
}

} // namespace ctl
