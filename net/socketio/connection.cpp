#include "net/socketio/connection.hpp"

#include "domain/limits.hpp"
#include "net/socketio/packed.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace net::socketio {
namespace {

constexpr auto never = domain::steady_time::max();

domain::steady_time now() {
  return std::chrono::steady_clock::now();
}

domain::error gone(const char* why) {
  return {domain::errc::unavailable, why, {}, {}};
}

/// Takes out what `wanted` says, in order.
template <class Question, class Wanted>
std::vector<Question> take_if(std::vector<Question>& from, Wanted wanted) {
  std::vector<Question> taken;
  const auto first =
    std::stable_partition(from.begin(), from.end(), [&](const Question& q) { return !wanted(q); });
  std::move(first, from.end(), std::back_inserter(taken));
  from.erase(first, from.end());
  return taken;
}

} // namespace

connection::connection(
  engineio::environment& shared, std::string sid, write_queue& queue, const namespaces& known,
  std::chrono::milliseconds connect_timeout)
    : session{shared, std::move(sid), queue}, known_{known},
      connect_timeout_{connect_timeout}, decoder_{shared.limits.max_payload} {}

connection::~connection() = default;

void connection::wait_for_connect(std::shared_ptr<void> place) {
  place_ = std::move(place);
  connect_by_ = now() + connect_timeout_;
  arm_deadline();
}

void connection::disconnect(std::uint16_t code, std::string_view reason) {
  if (is_over())
    return;
  for (const auto& each : sockets_)
    if (each->is_joined())
      send(write(packet_type::disconnect, each->nsp_, {}, {}));
  close(code, reason);
}

frame_ptr connection::write(
  packet_type type, std::string_view nsp, std::optional<std::uint64_t> id,
  const content& what) const {
  return codec_ == socketio::codec::json ? encode(type, nsp, id, what)
                                         : encode_packed(type, nsp, id, what);
}

socket* connection::find(std::string_view nsp) {
  for (const auto& each : sockets_)
    if (each->nsp_ == nsp)
      return each.get();
  return nullptr;
}

// -- from the engine --

void connection::on_data(std::string_view bytes, bool binary) {
  if (std::exchange(is_fresh_, false) && binary) {
    codec_ = socketio::codec::msgpack;
    on_msgpack();
    if (is_over())
      return;
  }
  packet made;
  if (codec_ == socketio::codec::msgpack) {
    auto read = binary ? decode_packed(bytes) : std::nullopt;
    if (read)
      on_packet(*read);
    else
      close_broken();
    return;
  }
  switch (binary ? decoder_.on_binary(bytes, made) : decoder_.on_text(bytes, made)) {
  case decoder::outcome::more:
    return;
  case decoder::outcome::invalid:
    close_broken();
    return;
  case decoder::outcome::complete:
    on_packet(made);
    return;
  }
}

void connection::on_closed(std::string_view reason, bool is_final) {
  place_.reset();
  connect_by_ = never;
  for (const auto& each : std::exchange(sockets_, {})) {
    each->stage_ = socket::stage::left;
    give_up_on(*each);
    each->user_->on_left(reason);
  }
  on_end(reason, is_final);
}

void connection::on_deadline() {
  const auto at = now();
  if (at >= connect_by_) {
    close(static_cast<std::uint16_t>(domain::close_code::never_authenticated), "transport close");
    return;
  }
  std::vector<question> late;
  if (questions_ != nullptr)
    late = take_if(*questions_, [&](const question& q) { return q.due <= at; });
  arm_deadline();
  for (const auto& each : late)
    each.done(gone("The client did not acknowledge in time"));
}

void connection::close_broken() {
  close(static_cast<std::uint16_t>(domain::close_code::bad_request), "forced close");
}

// -- packets --

void connection::on_packet(packet& p) {
  auto* known = find(p.nsp);
  if (p.type == packet_type::connect) {
    if (known == nullptr)
      on_connect(p);
    else
      close_broken();
    return;
  }
  if (known == nullptr || !known->is_joined() || p.type == packet_type::connect_error) {
    close_broken();
    return;
  }
  const auto who = known->shared_from_this();
  if (p.type == packet_type::disconnect) {
    leave(*who, "client namespace disconnect");
    return;
  }
  if (!p.has_data)
    return;
  if (p.type == packet_type::event || p.type == packet_type::binary_event)
    who->user_->on_event(p);
  else
    on_answer(*who, p);
}

void connection::on_connect(const packet& p) {
  const auto* make = known_.find(p.nsp);
  if (make == nullptr) {
    send(write(packet_type::connect_error, p.nsp, {}, {refusal_json("Invalid namespace")}));
    return;
  }
  if (sockets_.size() >= domain::limits::socketio_namespaces) {
    send(write(packet_type::connect_error, p.nsp, {}, {refusal_json("Too many namespaces")}));
    return;
  }
  const auto made = std::make_shared<socket>(*this, p.nsp);
  sockets_.push_back(made);
  made->user_ = (*make)(*made);
  made->user_->on_connect(p);
}

void connection::on_answer(socket& who, packet& p) {
  if (questions_ == nullptr || !p.id)
    return;
  const auto asked = std::find_if(questions_->begin(), questions_->end(), [&](const question& q) {
    return q.who == &who && q.id == *p.id;
  });
  if (asked == questions_->end())
    return;
  const auto done = std::move(asked->done);
  questions_->erase(asked);
  done(std::move(p));
}

// -- for sockets --

void connection::joined() {
  place_.reset();
  connect_by_ = never;
  arm_deadline();
}

void connection::forget(socket& who) {
  who.stage_ = socket::stage::left;
  std::erase_if(sockets_, [&](const auto& each) { return each.get() == &who; });
  // Without a namespace, and not on the way to its first: the clock starts again.
  const auto is_in = std::any_of(
    sockets_.begin(), sockets_.end(), [](const auto& each) { return each->is_joined(); });
  if (!is_in && connect_by_ == never && !is_over())
    wait_for_connect();
}

void connection::leave(socket& who, std::string_view reason) {
  const auto keep = who.shared_from_this();
  forget(who);
  give_up_on(who);
  who.user_->on_left(reason);
}

bool connection::await(question q) {
  if (questions_ == nullptr)
    questions_ = std::make_unique<std::vector<question>>();
  if (questions_->size() >= domain::limits::socketio_questions)
    return false;
  questions_->push_back(std::move(q));
  arm_deadline();
  return true;
}

/// Whoever has left does not acknowledge any more.
void connection::give_up_on(socket& who) {
  if (questions_ == nullptr)
    return;
  for (const auto& each : take_if(*questions_, [&](const question& q) { return q.who == &who; }))
    each.done(gone("The client is gone"));
}

void connection::arm_deadline() {
  auto next = connect_by_;
  if (questions_ != nullptr) {
    for (const auto& each : *questions_)
      next = std::min(next, each.due);
    if (questions_->empty())
      questions_.reset();
  }
  if (!is_over())
    set_deadline(next);
}

} // namespace net::socketio
