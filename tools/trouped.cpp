#include "tools/run_node.hpp"

int main(int argc, char** argv) {
  return tools::start_node(argc, argv);
}
