#include "net/json/failure.hpp"

#include "domain/json.hpp"

namespace net::json {

std::string failure_event(std::string_view command, const actors::reply& failed) {
  // make_reply's own shape: {"ok":false,"error":{…}}
  constexpr std::string_view before = R"("error":{)";
  const auto begin = failed.json.find(before);
  auto event = domain::json_object{}.text("event", command).take();
  if (begin == std::string::npos || !failed.json.ends_with("}}"))
    return event;
  event.back() = ',';
  event.append(failed.json, begin + before.size(), failed.json.size() - begin - before.size() - 1);
  return event;
}

} // namespace net::json
