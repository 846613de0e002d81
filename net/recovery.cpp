#include "net/recovery.hpp"

#include "actors/node.hpp"
#include "domain/limits.hpp"
#include "net/delivery.hpp"
#include "net/encode.hpp"
#include "net/services.hpp"
#include "net/shard.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <unordered_set>

namespace net {

void recovery::start(
  std::shared_ptr<client> who, std::string token, std::string pid, const std::string& offset,
  client::sign_in_handler done) {
  if (!who->is_let_in(done))
    return;
  auto& context = who->home().context();
  std::shared_ptr<recovery> self{new recovery{who, std::move(pid), std::move(done)}};
  self->offset_ = parse_offset(offset); // none: it never received anything
  auto last = context.node.sessions().find_pid(self->pid_);
  if ((!self->offset_ && !offset.empty()) || !last || last->shard >= context.shards.size()) {
    who->verify(std::move(token), std::move(self->done_));
    return;
  }
  self->shard_ = last->shard;
  self->session_ = last->handle;
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

shard& recovery::old_shard() const {
  return *who_->home().context().shards[shard_];
}

// Is everything that it misses still in the old shard's journal, and was the session last there? A
// connection that still seems alive is cut first: the client knows better.
void recovery::visit_old_shard() {
  auto* here = &who_->home();
  auto* old = &old_shard();
  old->post([self = shared_from_this(), here, old] {
    old->handle_orders(); // what it has subscribed to, it has when it is parked
    if (auto alive = old->find_pid(self->pid_); alive != nullptr && alive != self->who_) {
      alive->on_close(domain::close_code::replaced);
      alive->closed(true, domain::describe(domain::close_code::replaced).reason);
    }
    std::optional<std::uint64_t> after;
    if (const auto* left = old->parked().find(self->pid_)) {
      self->known_ = *left;
      after = left->missing_after(old->index(), self->offset_);
      if (after && !old->recent().reaches(*after))
        after.reset();
    }
    here->post([self, after] {
      if (self->who_->is_closed())
        return;
      self->missing_after_ = after.value_or(0);
      if (after)
        self->attach();
      else
        self->give_up();
    });
  });
}

void recovery::attach() {
  if (!who_->take_place(done_))
    return;
  auto& home = who_->home();
  actors::session_attach question;
  question.connection = who_->ref();
  question.principal = principal_;
  question.home = home.unit();
  home.context().ask.ask<actors::session_attached>(
    session_, domain::limits::command_timeout, question,
    [self = shared_from_this()](actors::session_attached& granted) {
      if (self->who_->is_closed())
        caf::anon_send(self->session_, actors::session_detach{self->who_->ref(), true});
      else
        self->hold(granted);
    },
    [self = shared_from_this()](const domain::error&) {
      // Should it answer too late: it would hold a connection that is another session's.
      caf::anon_send(self->session_, actors::session_detach{self->who_->ref(), true});
      if (!self->who_->is_closed())
        self->give_up();
    });
}

// From here on deliveries reach this connection, and wait until what came before them is collected.
void recovery::hold(actors::session_attached& granted) {
  granted_ = std::move(granted);
  who_->session_ = session_;
  who_->session_id_ = granted_.id.value; // deliveries and subscriptions are this user's from now on
  who_->user_ = principal_.user;
  auto& home = who_->home();
  who_->set_facts(granted_.facts);
  home.handle_orders();  // the old shard may have handed out long ago what still waits here
  if (who_->is_closed()) // while that was written; it has let go of the session
    return;
  who_->held_ = std::make_unique<std::vector<client::held_event>>();
  home.context().out.count_interest(home, granted_.topics);
  for (const auto& topic : granted_.topics)
    home.subscribe_now(*who_, topic);
  from_ = home.recent().position();
  collect();
}

void recovery::collect() {
  auto* here = &who_->home();
  auto* old = &old_shard();
  old->post([self = shared_from_this(), here, old] {
    old->handle_orders();
    const auto& wanted = self->granted_.topics;
    std::vector<journal::entry> missed;
    // Still; and of no topic that came to the session when its connection was gone already.
    const auto is_whole =
      old->recent().reaches(self->missing_after_) && old->parked().has_kept(self->pid_, wanted);
    if (is_whole)
      old->recent().replay(self->missing_after_, [&](const journal::entry& e) {
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

// What both journals have goes out under this shard's number, behind the rest: then an offset of
// the old shard stands for nothing that this one would replay again.
void recovery::finish(const std::vector<journal::entry>& missed) {
  auto& home = who_->home();
  client::signed_in result{granted_.id.value, pid_, true, {}};
  const auto held = std::move(who_->held_);
  std::unordered_set<const domain::event*> both;
  for (const auto& e : *held)
    both.insert(e.what.get());
  auto last = offset_;
  const auto add = [&](const domain::event& what, const journal_offset& at) {
    last = at;
    result.missed.push_back(encode(who_->protocol(), what, at));
  };
  for (const auto& e : missed)
    if (!both.contains(e.what.get()))
      add(*e.what, {shard_, e.position});
  const auto base = last;
  for (const auto& e : *held)
    add(*e.what, {home.index(), e.position});
  who_->pid_ = pid_;
  if (shard_ == home.index()) { // its time here goes on
    who_->stretch_ = {.from = known_.from, .base = known_.base, .last = last};
    who_->unordered_until_ = known_.unordered_until;
  } else {
    who_->stretch_ = {.from = from_, .base = base, .last = last};
  }
  home.remember_pid(*who_);
  home.context().node.sessions().note_shard(pid_, home.index());
  if (shard_ == home.index())
    home.parked().release(pid_);
  else
    old_shard().post([old = &old_shard(), pid = pid_] { old->parked().release(pid); });
  if (auto& trace = home.context().trace; trace.is_on())
    trace.connected(who_->party());
  done_(std::move(result));
}

// The session is this connection's already: it ends, and a fresh one takes its place.
void recovery::start_over() {
  who_->held_.reset();
  who_->sign_out("not recovered");
  give_up();
}

void recovery::give_up() {
  who_->open_fresh(principal_, done_);
}

} // namespace net
