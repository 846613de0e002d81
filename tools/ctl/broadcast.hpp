#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ctl {

/// What `troupectl broadcast` was told on its command line.
struct broadcast_options {
  std::string event, data = "null", priority, key;
  std::vector<std::string> rooms, users, except_rooms, except_users, roles, attributes;
  std::string near;
  bool is_for_all = false, is_batched = false, is_volatile = false;
};

/// The body of `POST /broadcast`. False when something is not what it should be; `why` then says
/// what.
bool write_broadcast(const broadcast_options& o, std::string& body, std::string& why);

} // namespace ctl
