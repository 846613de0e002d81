// A node that breaks a promise on purpose, to prove that the durability checker sees it:
//   trouped_defective --defect acknowledge-before-commit|no-unique-key [options of trouped]
// A binary of its own, so that no option of trouped can reach this.
#include "tools/run_node.hpp"

#include <array>
#include <iostream>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::array defects{
  std::pair{
    std::string_view{"acknowledge-before-commit"},
    actors::planted_defect::acknowledge_before_commit},
  std::pair{std::string_view{"no-unique-key"}, actors::planted_defect::no_unique_key},
};

std::optional<actors::planted_defect> find_defect(std::string_view name) {
  for (const auto& [known, defect] : defects)
    if (known == name)
      return defect;
  return std::nullopt;
}

} // namespace

int main(int argc, char** argv) {
  std::optional<actors::planted_defect> defect;
  std::vector<const char*> rest{argv[0]};
  for (int i = 1; i < argc; ++i) {
    if (std::string_view{argv[i]} == "--defect" && i + 1 < argc)
      defect = find_defect(argv[++i]);
    else
      rest.push_back(argv[i]);
  }
  if (!defect) {
    std::cerr << "trouped_defective: --defect must be acknowledge-before-commit or no-unique-key\n";
    return 2;
  }
  return tools::start_node(
    static_cast<int>(rest.size()), rest.data(),
    [&defect](tools::config& settings) { settings.actors.defect = *defect; });
}
