#include "net/recovery.hpp"

#include "actors/node.hpp"
#include "domain/limits.hpp"
#include "net/delivery.hpp"
#include "net/encode.hpp"
#include "net/services.hpp"
#include "net/shard.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <charconv>
#include <unordered_set>

namespace net {

void recovery::start(
  std::shared_ptr<client> who, std::string token, std::string pid, const std::string& offset,
  client::sign_in_handler done) {
  auto& context = who->home().context();
  std::shared_ptr<recovery> self{new recovery{who, std::move(pid), std::move(done)}};
  auto parsed = parse_offset(offset);
  if (offset.empty()) // it never received anything: everything since its session began
    if (journal_offset home;
        std::from_chars(self->pid_.data(), self->pid_.data() + self->pid_.size(), home.shard).ec
        == std::errc{}) {
      self->is_from_start_ = true;
      parsed = home;
    }
  auto session = context.node.sessions().find_pid(self->pid_);
  if (!parsed || parsed->shard >= context.shards.size() || !session) {
    who->sign_in(std::move(token), std::move(self->done_));
    return;
  }
  self->offset_ = *parsed;
  self->session_ = *session;
  context.ask.ask<domain::principal>(
    context.node.authenticator(), domain::limits::query_timeout,
    actors::verify_token{std::move(token)},
    [self](domain::principal& checked) {
      if (self->who_->is_closed())
        return;
      self->principal_ = checked;
      self->visit_old_shard();
    },
    [self](const domain::error& why) {
      if (!self->who_->is_closed())
        self->done_(why);
    });
}

// Is everything after the offset still in the old shard's journal, and was the session last there?
// A connection that still seems alive is cut first: the client knows better.
void recovery::visit_old_shard() {
  auto* here = &who_->home();
  auto* old = here->context().shards[offset_.shard];
  old->post([self = shared_from_this(), here, old] {
    if (auto alive = old->find_pid(self->pid_); alive != nullptr && alive != self->who_) {
      alive->on_close(domain::close_code::replaced);
      alive->closed(true, domain::describe(domain::close_code::replaced).reason);
    }
    old->handle_orders();
    auto left = old->parked(self->pid_);
    if (left && self->is_from_start_)
      self->offset_.position = left->opened_at;
    // What was written out of order may have arrived or not: the offset does not tell.
    auto possible = left && old->recent().reaches(self->offset_.position)
                    && self->offset_.position >= left->unordered_until;
    here->post([self, possible] {
      if (self->who_->is_closed())
        return;
      if (possible)
        self->attach();
      else
        self->give_up();
    });
  });
}

void recovery::attach() {
  auto& home = who_->home();
  actors::session_attach question;
  question.connection = who_->ref();
  question.principal = principal_;
  question.home = home.unit();
  home.context().ask.ask<actors::session_attached>(
    session_, domain::limits::command_timeout, question,
    [self = shared_from_this()](actors::session_attached& granted) {
      if (!self->who_->is_closed())
        self->hold(granted);
    },
    [self = shared_from_this()](const domain::error&) {
      if (!self->who_->is_closed())
        self->give_up();
    });
}

// From here on deliveries reach this connection, and wait until what came before them is collected.
void recovery::hold(actors::session_attached& granted) {
  granted_ = std::move(granted);
  who_->session_id_ = granted_.id.value; // deliveries and subscriptions are this user's from now on
  who_->user_ = principal_.user;
  auto& home = who_->home();
  who_->facts_ = granted_.facts;
  who_->held_ = std::make_unique<std::vector<client::held_event>>();
  home.context().out.count_interest(home, granted_.topics);
  for (const auto& topic : granted_.topics)
    home.subscribe_now(*who_, topic);
  collect();
}

void recovery::collect() {
  auto* here = &who_->home();
  auto* old = here->context().shards[offset_.shard];
  old->post([self = shared_from_this(), here, old] {
    old->handle_orders();
    old->unpark(self->pid_);
    const auto& wanted = self->granted_.topics;
    std::vector<journal::entry> missed;
    const auto is_whole = old->recent().reaches(self->offset_.position); // still
    if (is_whole)
      old->recent().replay(self->offset_.position, [&](const journal::entry& e) {
        if (domain::concerns(*e.what, wanted, self->principal_.user, self->granted_.facts))
          missed.push_back(e);
      });
    here->post([self, is_whole, missed = std::move(missed)]() mutable {
      if (self->who_->is_closed())
        return;
      if (is_whole && self->fits(missed))
        self->finish(missed);
      else
        self->start_over();
    });
  });
}

// More than the connection's queue takes would close it at once, and again at each new try.
bool recovery::fits(const std::vector<journal::entry>& missed) const {
  constexpr std::size_t around = 128; // offset, framing
  std::size_t bytes = 0;
  const auto add = [&bytes](const domain::event& e) {
    bytes += e.name.size() + e.data.size() + around;
  };
  for (const auto& e : missed)
    add(*e.what);
  for (const auto& e : *who_->held_)
    add(*e.what);
  return bytes <= domain::limits::catch_up_bytes(who_->home().queue_bytes_max());
}

void recovery::finish(const std::vector<journal::entry>& missed) {
  auto& home = who_->home();
  client::signed_in result{granted_.id.value, pid_, true, {}};
  std::unordered_set<const domain::event*> seen;
  for (const auto& e : missed) {
    seen.insert(e.what.get());
    result.missed.push_back(encode(who_->protocol(), *e.what, {offset_.shard, e.position}));
  }
  auto held = std::move(who_->held_);
  for (const auto& e : *held)
    if (!seen.contains(e.what.get()))
      result.missed.push_back(encode(who_->protocol(), *e.what, {home.index(), e.position}));
  who_->session_ = session_;
  who_->pid_ = pid_;
  who_->opened_at_ = home.recent().position();
  home.remember_pid(*who_);
  if (auto& trace = home.context().trace; trace.is_on())
    trace.connected(who_->party());
  done_(std::move(result));
}

// The session is this connection's already: it ends, and a fresh one takes its place.
void recovery::start_over() {
  who_->held_.reset();
  who_->session_ = session_;
  who_->sign_out("not recovered");
  give_up();
}

void recovery::give_up() {
  who_->open_fresh(principal_, done_);
}

} // namespace net
