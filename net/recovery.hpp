#pragma once

#include "net/client.hpp"
#include "net/journal.hpp"
#include "net/parking.hpp"

#include <memory>
#include <optional>
#include <string>

namespace net {

/// Socket.IO connection state recovery (protocol.md 2.4): a new connection takes over the session
/// `pid` and gets what it missed after `offset`, from the journal of the shard that had the last
/// connection. Where that can't be had in full, or is more than `catch_up_bytes`, a fresh session
/// is opened instead: all or nothing. Rights are checked again. Runs on the new connection's shard,
/// with visits to the old one. When the new connection is lost under way, the session waits for the
/// next as if nothing had been tried.
class recovery : public std::enable_shared_from_this<recovery> {
public:
  static void start(
    std::shared_ptr<client> who, std::string token, std::string pid, const std::string& offset,
    client::sign_in_handler done);

private:
  recovery(std::shared_ptr<client> who, std::string pid, client::sign_in_handler done)
      : who_(std::move(who)), pid_(std::move(pid)), done_(std::move(done)) {}

  shard& old_shard() const;
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
  std::uint32_t shard_ = 0;              // of the last connection
  std::optional<journal_offset> offset_; // what the client says that it has
  stretch known_;                        // what the old shard says of it
  std::uint64_t missing_after_ = 0;      // in the old shard's journal
  std::uint64_t from_ = 0;               // in this shard's journal
  domain::principal principal_;
  actors::session_actor session_;
  actors::session_attached granted_;
};

} // namespace net
