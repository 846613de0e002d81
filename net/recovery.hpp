#pragma once

#include "net/client.hpp"
#include "net/journal.hpp"

#include <memory>
#include <string>

namespace net {

/// Socket.IO connection state recovery (protocol.md 2.4): a new connection takes over the session
/// `pid` and gets what it missed after `offset`, from the journal of the shard that had the old
/// connection. Where that can't be had in full, or is more than `catch_up_bytes`, a fresh session
/// is opened instead: all or nothing. Rights are checked again. Runs on the new connection's shard,
/// with one visit to the old one.
class recovery : public std::enable_shared_from_this<recovery> {
public:
  static void start(
    std::shared_ptr<client> who, std::string token, std::string pid, const std::string& offset,
    client::sign_in_handler done);

private:
  recovery(std::shared_ptr<client> who, std::string pid, client::sign_in_handler done)
      : who_(std::move(who)), pid_(std::move(pid)), done_(std::move(done)) {}

  void visit_old_shard();
  void attach();
  void hold(actors::session_attached& granted);
  void collect();
  bool fits(const std::vector<journal::entry>& missed) const;
  void finish(const std::vector<journal::entry>& missed);
  void start_over();
  void give_up();

  std::shared_ptr<client> who_;
  std::string pid_;
  client::sign_in_handler done_;
  journal_offset offset_;
  bool is_from_start_ = false;
  domain::principal principal_;
  actors::session_actor session_;
  actors::session_attached granted_;
};

} // namespace net
