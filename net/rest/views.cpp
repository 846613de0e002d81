#include "net/rest/views.hpp"

#include "domain/json.hpp"

namespace net::rest {

std::string user_json(const domain::user& u) {
  domain::json_object o;
  o.text("id", u.id.value).text("username", u.username).text("name", u.name);
  o.text_or_null("email", u.email).text_or_null("avatar", u.avatar);
  o.text("role", domain::to_string(u.role)).boolean("isActive", u.is_active);
  o.text("createdAt", domain::to_iso8601(u.created_at))
    .text("updatedAt", domain::to_iso8601(u.updated_at));
  return o.take();
}

std::string profile_json(const domain::user& u) {
  domain::json_object o;
  o.text("id", u.id.value).text("username", u.username).text("name", u.name);
  o.text_or_null("avatar", u.avatar).text("createdAt", domain::to_iso8601(u.created_at));
  return o.take();
}

std::string room_json(const domain::room& r) {
  domain::json_object o;
  o.text("id", r.id.value).text("name", r.name).text("type", domain::to_string(r.type));
  o.text_or_null("createdBy", r.created_by.value);
  o.number("memberCount", std::uint64_t{r.member_count}).number("lastSeq", r.last_seq);
  o.text("createdAt", domain::to_iso8601(r.created_at))
    .text("updatedAt", domain::to_iso8601(r.updated_at));
  return o.take();
}

std::string member_json(const domain::membership& m, const domain::user* known) {
  domain::json_object o;
  o.text("userId", m.user.value)
    .text("roomId", m.room.value)
    .text("role", domain::to_string(m.role));
  o.text("joinedAt", domain::to_iso8601(m.joined_at));
  if (known != nullptr) {
    o.text("username", known->username).text("name", known->name);
    o.text_or_null("avatar", known->avatar);
  }
  return o.take();
}

} // namespace net::rest
