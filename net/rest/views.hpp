// What goes out, field by field: a new column of a table never leaks by itself.
#pragma once

#include "domain/room.hpp"
#include "domain/user.hpp"

#include <string>

namespace net::rest {

std::string user_json(const domain::user& u);    // for the user themselves and administrators
std::string profile_json(const domain::user& u); // for everybody: no email
std::string room_json(const domain::room& r);
/// `known`: null when the user could not be read.
std::string member_json(const domain::membership& m, const domain::user* known);

} // namespace net::rest
