#include "domain/room_log.hpp"

#include <algorithm>
#include <utility>

namespace domain {

namespace {

constexpr const char* new_message = "new-message";

std::string join_attachments(const std::vector<std::string>& objects) {
  std::string out = "[";
  for (const auto& object : objects) {
    if (out.size() > 1)
      out += ',';
    out += object;
  }
  return out += ']';
}

} // namespace

room_log::room_log(
  domain::room meta, domain::epoch epoch, seq last_seq, std::vector<logged_event> recent)
    : meta_(std::move(meta)), epoch_(epoch), last_seq_(last_seq) {
  for (auto& e : recent)
    keep(std::move(e));
  meta_.last_seq = last_seq_;
}

result<room_log::proposal>
room_log::propose(const member_ref& sender, const draft& what, timestamp now, message_id id) {
  if (lost_)
    return error{errc::retry, "The room is being read again; send the same clientId again", {}, {}};
  if (pending_.size() + early_.size() >= limits::pending_appends)
    return error{
      errc::overloaded, "Too many messages under way in this room", {}, limits::append_timeout / 4};
  proposal p;
  p.number = next_ticket_++;
  p.epoch = epoch_;
  p.message.id = std::move(id);
  p.message.room = meta_.id;
  p.message.sender = sender;
  p.message.content = what.content;
  p.message.reply_to = what.reply_to;
  p.message.client_id = what.client_id;
  p.message.attachments_json = join_attachments(what.attachments);
  p.message.at = now;
  p.body = to_json(p.message);
  pending_.emplace(p.number, logged_event{meta_.id, 0, new_message, sender.user, p.body, now});
  return p;
}

std::vector<event_ptr> room_log::committed(ticket number, seq at, bool was_new) {
  std::vector<event_ptr> out;
  auto entry = pending_.extract(number);
  if (entry.empty() || !was_new || at <= last_seq_)
    return out;
  entry.mapped().seq = at;
  if (at != last_seq_ + 1) { // stored, but not to be shown before the one in front of it
    early_.emplace(at, std::move(entry.mapped()));
    return out;
  }
  show(std::move(entry.mapped()), out);
  while (!early_.empty() && early_.begin()->first == last_seq_ + 1)
    show(std::move(early_.extract(early_.begin()).mapped()), out);
  return out;
}

void room_log::rejected(ticket number) {
  pending_.erase(number);
}

void room_log::lost() {
  lost_ = true;
  pending_.clear();
  early_.clear(); // stored: the reload brings them
}

std::vector<event_ptr>
room_log::reload(domain::epoch epoch, const std::vector<logged_event>& events) {
  std::vector<event_ptr> out;
  epoch_ = epoch;
  lost_ = false;
  for (const auto& e : events)
    if (e.seq > last_seq_)
      show(e, out);
  return out;
}

room_log::missed room_log::after(seq known, std::size_t limit, overflow policy) const {
  missed m;
  m.until = last_seq_;
  if (known > last_seq_ || (policy == overflow::reset && last_seq_ - known > limit)) {
    m.from = source::reset;
    return m;
  }
  m.more = last_seq_ - known > limit;
  if (known == last_seq_)
    return m;
  if (recent_.empty() || recent_.front().seq > known + 1) {
    m.from = source::ask_storage;
    return m;
  }
  const auto begin = recent_.begin() + static_cast<std::ptrdiff_t>(known + 1 - recent_.front().seq);
  const auto left = static_cast<std::size_t>(recent_.end() - begin);
  m.events.assign(begin, begin + static_cast<std::ptrdiff_t>(std::min(limit, left)));
  return m;
}

std::vector<std::string> room_log::recent_messages(std::size_t limit, std::size_t bytes) const {
  std::vector<std::string> out;
  std::size_t sum = 0;
  for (auto e = recent_.rbegin(); e != recent_.rend() && out.size() < limit; ++e) {
    if (e->type != new_message)
      continue;
    sum += e->body.size();
    if (sum > bytes && !out.empty())
      break;
    out.push_back(shown_data(*e));
  }
  std::reverse(out.begin(), out.end());
  return out;
}

void room_log::show(logged_event e, std::vector<event_ptr>& out) {
  auto shown = std::make_shared<event>();
  shown->name = e.type;
  shown->data = shown_data(e);
  shown->topic = topic_of(meta_.id);
  shown->seq = e.seq;
  shown->cls = delivery_class::durable;
  shown->at = e.at;
  out.push_back(std::move(shown));
  last_seq_ = meta_.last_seq = e.seq;
  keep(std::move(e));
}

void room_log::keep(logged_event e) {
  recent_bytes_ += e.body.size();
  recent_.push_back(std::move(e));
  while (recent_.size() > limits::recent_events
         || (recent_bytes_ > limits::recent_bytes && recent_.size() > 1)) {
    recent_bytes_ -= recent_.front().body.size();
    recent_.pop_front();
  }
}

} // namespace domain
