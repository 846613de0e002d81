// The server that conformance suites run against: the protocol engine of net/ without the chat.
#include "tests/conformance/host.hpp"

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
  using namespace conformance;
  int exit_code = 0;
  const auto asked = read_options(argc, argv, exit_code);
  if (!asked)
    return exit_code;
  try {
    host h{*asked};
    switch (asked->mode) {
    case mode::engine:
      add_engine_echo(h);
      break;
    case mode::protocol:
      add_protocol(h);
      break;
    case mode::app:
      add_app(h);
      break;
    case mode::echo:
      add_echo(h);
      break;
    }
    h.run();
  } catch (const std::exception& why) {
    std::cerr << "troupe-conformance: " << why.what() << '\n';
    return 1;
  }
  return 0;
}
