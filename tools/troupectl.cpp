#include "tools/ctl/commands.hpp"

#include <iostream>

int main(int argc, char** argv) {
  return ctl::run(argc, argv, std::cout, std::cerr);
}
