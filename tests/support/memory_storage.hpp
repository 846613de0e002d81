#pragma once

#include "persistence/storage.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace support {

/// Tables in memory with the same rules as the real ones, and a switch for what goes wrong. One
/// thread.
class memory_storage : public persistence::storage {
public:
  struct room_row {
    domain::room room;
    domain::epoch epoch = 0;
    std::map<domain::user_id, domain::membership> members;
    std::vector<domain::logged_event> log; // seq 1, 2, 3 …
    std::map<std::pair<std::string, std::string>, persistence::written> by_client_id;
    std::vector<domain::message> messages;
  };
  struct token_row {
    std::string family;
    domain::user_id user;
    domain::timestamp expires_at{};
    bool used = false;
  };

  std::map<domain::user_id, persistence::login_record> users;
  std::map<domain::room_id, room_row> rooms;
  std::map<std::string, token_row> tokens;
  std::set<std::string> revoked;    // families
  std::vector<std::size_t> batches; // sizes, as they were applied
  std::size_t reads = 0;
  /// Called before a batch is applied: may throw, as a real writer does.
  std::function<void(std::span<const persistence::change>)> before_apply;
  /// Changes what is answered for one change, after it was applied.
  std::function<void(const persistence::change&, persistence::outcome&)> on_outcome;

  domain::room& add_room(const std::string& id, domain::room_type type = domain::room_type::open) {
    auto& row = rooms[domain::room_id{id}];
    row.room.id = domain::room_id{id};
    row.room.name = id;
    row.room.type = type;
    return row.room;
  }
  room_row& room_of(const std::string& id) { return rooms.at(domain::room_id{id}); }
  void add_member(const std::string& room, const domain::user_id& user) {
    auto& row = room_of(room);
    row.members[user] = {row.room.id, user, domain::room_role::member, {}};
    row.room.member_count = row.members.size();
  }

  persistence::outcome apply(const persistence::change& c) {
    return std::visit([this](const auto& each) { return on(each); }, c);
  }

  std::unique_ptr<persistence::writer> open_writer() override {
    return std::make_unique<writer>(*this);
  }
  std::unique_ptr<persistence::reader> open_reader() override {
    return std::make_unique<reader>(*this);
  }
  std::string durability() const override { return "none"; }

private:
  static domain::error failed(domain::errc code) { return {code, "refused", {}, {}}; }

  persistence::outcome on(const persistence::create_user& c) {
    for (const auto& [id, row] : users)
      if (
        id == c.user.id || row.user.username == c.user.username
        || (!c.user.email.empty() && row.user.email == c.user.email))
        return failed(domain::errc::conflict);
    users[c.user.id] = {c.user, c.password_hash};
    return persistence::written{};
  }
  persistence::outcome on(const persistence::create_room& c) {
    if (rooms.contains(c.room.id))
      return failed(domain::errc::conflict);
    rooms[c.room.id].room = c.room;
    return persistence::written{};
  }
  persistence::outcome on(const persistence::add_member& c) {
    const auto found = rooms.find(c.membership.room);
    if (found == rooms.end())
      return failed(domain::errc::not_found);
    persistence::written done;
    done.was_new = found->second.members.emplace(c.membership.user, c.membership).second;
    found->second.room.member_count = found->second.members.size();
    return done;
  }
  persistence::outcome on(const persistence::remove_member& c) {
    if (const auto found = rooms.find(c.room); found != rooms.end())
      found->second.members.erase(c.user);
    return persistence::written{};
  }
  persistence::outcome on(const persistence::activate_room& c) {
    const auto found = rooms.find(c.room);
    if (found == rooms.end())
      return failed(domain::errc::not_found);
    persistence::written done;
    done.epoch = ++found->second.epoch;
    done.seq = found->second.log.size();
    return done;
  }
  persistence::outcome on(const persistence::append_message& c) {
    auto& row = rooms.at(c.message.room);
    if (c.epoch != row.epoch)
      return failed(domain::errc::moved);
    const std::pair key{c.message.sender.user.value, c.message.client_id};
    if (!c.message.client_id.empty())
      if (const auto known = row.by_client_id.find(key); known != row.by_client_id.end()) {
        auto again = known->second;
        again.was_new = false;
        return again;
      }
    persistence::written done;
    done.seq = row.log.size() + 1;
    done.message = c.message.id;
    done.at = c.message.at;
    row.log.push_back(
      {c.message.room, done.seq, "new-message", c.message.sender.user, c.body, c.message.at});
    row.messages.push_back(c.message);
    row.messages.back().seq = done.seq;
    if (!c.message.client_id.empty())
      row.by_client_id[key] = done;
    return done;
  }
  persistence::outcome on(const persistence::save_refresh_token& c) {
    tokens[c.token_hash] = {c.family, c.user, c.expires_at, false};
    return persistence::written{};
  }
  persistence::outcome on(const persistence::rotate_refresh_token& c) {
    const auto found = tokens.find(c.old_hash);
    if (
      found == tokens.end() || found->second.expires_at <= c.now
      || revoked.contains(found->second.family))
      return failed(domain::errc::unauthorized);
    if (found->second.used) {
      revoked.insert(found->second.family);
      return failed(domain::errc::unauthorized);
    }
    found->second.used = true;
    persistence::written done;
    done.user = found->second.user;
    done.family = found->second.family;
    tokens[c.new_hash] = {found->second.family, done.user, c.expires_at, false};
    return done;
  }
  persistence::outcome on(const persistence::revoke_refresh_token& c) {
    persistence::written done;
    for (const auto& [hash, row] : tokens)
      if (c.family.empty() ? hash == c.token_hash : row.family == c.family) {
        done.user = row.user;
        done.family = row.family;
      }
    if (!done.family.empty())
      revoked.insert(done.family);
    return done;
  }
  persistence::outcome on(const persistence::save_answer&) { return persistence::written{}; }

  class writer : public persistence::writer {
  public:
    explicit writer(memory_storage& tables) : tables_(tables) {}
    std::vector<persistence::outcome> apply(std::span<const persistence::change> batch) override {
      if (tables_.before_apply)
        tables_.before_apply(batch);
      tables_.batches.push_back(batch.size());
      std::vector<persistence::outcome> outcomes;
      for (const auto& c : batch) {
        outcomes.push_back(tables_.apply(c));
        if (tables_.on_outcome)
          tables_.on_outcome(c, outcomes.back());
      }
      return outcomes;
    }

  private:
    memory_storage& tables_;
  };

  class reader : public persistence::reader {
  public:
    explicit reader(memory_storage& tables) : tables_(tables) {}
    std::optional<domain::user> user(const domain::user_id& id) override {
      ++tables_.reads;
      const auto found = tables_.users.find(id);
      return found == tables_.users.end() ? std::nullopt : std::optional{found->second.user};
    }
    bool is_revoked(const std::string& family) override { return tables_.revoked.contains(family); }
    std::optional<persistence::login_record> login(const std::string& email) override {
      for (const auto& [id, row] : tables_.users)
        if (row.user.email == email)
          return row;
      return std::nullopt;
    }
    std::optional<domain::room> room(const domain::room_id& id) override {
      const auto found = tables_.rooms.find(id);
      if (found == tables_.rooms.end())
        return std::nullopt;
      auto result = found->second.room;
      result.last_seq = found->second.log.size();
      return result;
    }
    std::optional<domain::membership>
    member(const domain::room_id& room, const domain::user_id& user) override {
      ++tables_.reads;
      const auto found = tables_.rooms.find(room);
      if (found == tables_.rooms.end() || !found->second.members.contains(user))
        return std::nullopt;
      return found->second.members.at(user);
    }
    std::vector<domain::membership>
    members(const domain::room_id& room, std::size_t, std::size_t) override {
      std::vector<domain::membership> result;
      for (const auto& [user, member] : tables_.rooms[room].members)
        result.push_back(member);
      return result;
    }
    persistence::room_page rooms(const domain::user_id&, std::size_t, std::size_t) override {
      persistence::room_page page;
      for (const auto& [id, row] : tables_.rooms)
        page.rooms.push_back(row.room);
      page.total = page.rooms.size();
      return page;
    }
    std::vector<domain::logged_event>
    events(const domain::room_id& room, domain::seq after, std::size_t limit) override {
      ++tables_.reads;
      std::vector<domain::logged_event> result;
      for (const auto& e : tables_.rooms[room].log)
        if (e.seq > after && result.size() < limit)
          result.push_back(e);
      return result;
    }
    std::vector<domain::logged_event>
    recent_events(const domain::room_id& room, std::size_t limit) override {
      const auto& log = tables_.rooms[room].log;
      return {log.end() - static_cast<std::ptrdiff_t>(std::min(limit, log.size())), log.end()};
    }
    persistence::message_page
    messages(const domain::room_id& room, const persistence::page_query& query) override {
      persistence::message_page page;
      const auto& all = tables_.rooms[room].messages;
      for (auto it = all.rbegin(); it != all.rend() && page.messages.size() < query.limit; ++it)
        page.messages.push_back(*it);
      return page;
    }
    std::optional<domain::message> message(const domain::message_id& id) override {
      for (const auto& [room, row] : tables_.rooms)
        for (const auto& m : row.messages)
          if (m.id == id)
            return m;
      return std::nullopt;
    }
    std::optional<persistence::stored_answer>
    answer(const domain::user_id&, const std::string&, domain::timestamp) override {
      return std::nullopt;
    }

  private:
    memory_storage& tables_;
  };
};

} // namespace support
