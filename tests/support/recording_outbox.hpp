#pragma once

#include "actors/outbox.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace support {

/// Everything that actors told connections, in order. One thread.
class recording_outbox : public actors::outbox {
public:
  enum class kind { event, answer, emitted, subscribed, unsubscribed, described, closed };
  struct entry {
    kind what{};
    actors::connection_ref connection;
    std::string name; // event, command, or topic
    std::string ack;
    std::string json;
    domain::event_ptr event;
    bool ok = true;
    domain::close_code code = domain::close_code::normal;
  };

  using outbox::deliver;
  void deliver(domain::event_ptr what, actors::receipt_ptr counted) override {
    add({kind::event, {}, what->name, {}, what->data, what, true, {}});
    if (counted != nullptr)
      counted->add(recipients);
  }
  void answer(const actors::reply_to& where, actors::reply what) override {
    add(
      {kind::answer,
       where.connection,
       where.command,
       where.ack,
       std::move(what.json),
       nullptr,
       what.ok,
       {}});
  }
  void emit(const actors::connection_ref& where, std::string_view name, std::string json) override {
    add({kind::emitted, where, std::string{name}, {}, std::move(json), nullptr, true, {}});
  }
  void subscribe(const actors::connection_ref& who, const domain::topic& topic) override {
    add({kind::subscribed, who, topic, {}, {}, nullptr, true, {}});
  }
  void unsubscribe(const actors::connection_ref& who, const domain::topic& topic) override {
    add({kind::unsubscribed, who, topic, {}, {}, nullptr, true, {}});
  }
  void describe(const actors::connection_ref& who, domain::session_facts facts) override {
    add({kind::described, who, {}, {}, {}, nullptr, true, {}});
    described = std::move(facts);
  }
  void close(const actors::connection_ref& who, domain::close_code why) override {
    add({kind::closed, who, {}, {}, {}, nullptr, true, why});
  }

  bool is_full(const domain::topic& of) const override { return of == full; }

  const std::vector<entry>& all() const { return entries_; }
  void clear() { entries_.clear(); }
  std::vector<entry> of(kind what, std::string_view name = {}) const {
    std::vector<entry> found;
    for (const auto& e : entries_)
      if (e.what == what && (name.empty() || e.name == name))
        found.push_back(e);
    return found;
  }
  std::vector<entry> events(std::string_view name = {}) const { return of(kind::event, name); }
  std::vector<entry> answers_to(std::string_view ack) const {
    std::vector<entry> found;
    for (const auto& e : entries_)
      if (e.what == kind::answer && e.ack == ack)
        found.push_back(e);
    return found;
  }
  std::vector<domain::close_code> closes_of(const actors::connection_ref& who) const {
    std::vector<domain::close_code> found;
    for (const auto& e : entries_)
      if (e.what == kind::closed && e.connection == who)
        found.push_back(e.code);
    return found;
  }

  /// Called with each entry as it comes; entries are not kept then.
  std::function<void(const entry&)> watcher;
  domain::topic full;              // takes no more
  std::size_t recipients = 0;      // of each delivery that is counted
  domain::session_facts described; // the last ones

private:
  void add(entry e) {
    if (watcher)
      watcher(e);
    else
      entries_.push_back(std::move(e));
  }
  std::vector<entry> entries_;
};

} // namespace support
