// RFC 6455: the opening answer (§4.2.2), the closing handshake (§7), reading and writing. The rules
// of frames are rfc6455/message_reader's.
#include "net/websocket.hpp"

#include "domain/limits.hpp"
#include "net/egress_batch.hpp"
#include "net/engineio/packet.hpp"
#include "net/http/upgraded.hpp"
#include "net/rfc6455/compression.hpp"
#include "net/rfc6455/message_reader.hpp"
#include "net/shard.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <openssl/sha.h>

#include <array>
#include <sys/uio.h>
#include <utility>
#include <vector>

namespace net {

namespace {

using boost::system::error_code;
using rfc6455::found;

constexpr std::size_t frames_per_call = 64;
constexpr std::size_t idle_read_bytes = 256;    // what an idle connection keeps
constexpr std::size_t busy_read_bytes = 65'536; // one for all connections of a thread
constexpr int busy_reads_max = 4;               // before others have their turn
constexpr auto close_timeout = std::chrono::seconds{5};
constexpr std::size_t drain_bytes_max = 16u << 20;
constexpr std::size_t pong_backlog_bytes = 65'536; // above, only the last ping is answered
constexpr std::uint8_t opcode_close = 0x8, opcode_pong = 0xA;
constexpr std::uint16_t no_code = 1005, abnormal = 1006;

std::string accept_value(std::string key) {
  key += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // §1.3
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data());
  std::string out;
  engineio::append_base64(out, {reinterpret_cast<const char*>(digest.data()), digest.size()});
  return out;
}

/// All fields of this name as one list.
template <class Fields>
std::string joined(const Fields& fields, std::string_view name) {
  std::string all;
  const auto [first, last] = fields.equal_range(name);
  for (auto at = first; at != last; ++at) {
    if (!all.empty())
      all += ", ";
    all += at->value();
  }
  return all;
}

frame_ptr make_raw(std::string bytes) {
  auto raw = std::make_shared<frame>();
  raw->bytes = std::move(bytes);
  return raw;
}

frame_ptr make_close(std::uint16_t code, std::string_view reason) {
  if (code == no_code)
    return make_control_frame(opcode_close, {});
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  payload += reason.substr(0, 123);
  return make_control_frame(opcode_close, payload);
}

class live_websocket final : public websocket, private egress_batch::sender {
public:
  live_websocket(
    shard& home, http::upgraded& from, std::size_t message_bytes_max, std::weak_ptr<void> alive,
    handler* owner, write_queue& queue)
      : queue_(&queue), home_(home), stream_(std::move(from.stream)), owner_(owner),
        alive_(std::move(alive)), unread_(std::move(from.leftover)), reader_(message_bytes_max) {
    queue.set_writer(this);
  }

  void start(const http::upgraded& from, const options& wanted) {
    queue_->push(make_raw(answer_to(from, wanted)));
    tell_dirty();
    // Later: whoever asked for this does not have it in hands yet.
    boost::asio::post(home_.io(), [self = self_ptr()] {
      if (self->is_ending_)
        return;
      self->is_open_ = true;
      if (auto owner = self->alive_.lock())
        self->owner_->on_open();
      self->resume();
    });
  }

  void flush() override {
    if (is_blocked_ || is_finished_)
      return;
    std::array<iovec, frames_per_call> parts;
    while (!queue_->empty()) {
      error_code why;
      const auto count = queue_->gather(parts.data(), parts.size());
      const auto sent = stream_.write_some(parts.data(), count, why);
      if (why == boost::asio::error::would_block)
        return wait_until_writable();
      if (why)
        return abort();
      took(sent);
    }
    progress_.reset();
    if (is_ending_)
      return end_tcp();
    if (const auto owed = std::move(owed_pong_); owed != nullptr)
      pong(*owed);
  }

  void flush_into(egress_batch& batch) override {
    if (is_blocked_ || is_finished_ || stream_.is_tls() || queue_->empty())
      return;
    const auto parts = batch.room();
    const auto count = queue_->gather(parts.data(), parts.size());
    batch.add(stream_.socket().native_handle(), count, *this);
  }

  void resume() override {
    if (!is_open_ || is_reading_ || is_taking_ || is_ending_)
      return;
    auto kept = std::exchange(unread_, {});
    if (take(kept.data(), kept.size()))
      read();
  }

  bool is_blocked() const override { return is_blocked_; }

  void use_queue(write_queue& q) override {
    queue_->set_writer(nullptr);
    queue_ = &q;
    q.set_writer(this);
  }

  void close(std::uint16_t code, std::string_view reason) override {
    if (is_ending_ || is_closing_)
      return;
    if (!is_open_)
      return abort();
    is_closing_ = true;
    // A peer that never answers the close frame is cut after a while; so is one that does not read.
    end_by(close_timeout);
    queue_->push(make_close(code, reason));
    tell_dirty();
    resume(); // the peer's close frame may stand behind messages that nobody wanted yet
  }

  void abort() override {
    if (is_finished_)
      return;
    stream_.close();
    if (is_ending_)
      end_tcp();
    else
      finish(abnormal);
  }

  std::uint8_t window_bits() const override { return window_bits_; }
  bool is_message_compressed() const override { return reader_.was_compressed(); }

private:
  std::shared_ptr<live_websocket> self_ptr() {
    return std::static_pointer_cast<live_websocket>(shared_from_this());
  }

  std::string answer_to(const http::upgraded& from, const options& wanted) {
    const auto& asked = from.handshake;
    std::string answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Accept: ";
    answer += accept_value(std::string{asked["Sec-WebSocket-Key"]});
    if (!wanted.protocol.empty())
      answer += "\r\nSec-WebSocket-Protocol: " + wanted.protocol;
    if (wanted.deflate)
      if (
        const auto agreed = rfc6455::agree_on_deflate(joined(asked, "Sec-WebSocket-Extensions"))) {
        window_bits_ = agreed->window_bits;
        reader_.accept_compressed();
        answer += "\r\nSec-WebSocket-Extensions: " + agreed->answer;
      }
    return answer + "\r\n\r\n";
  }

  void tell_dirty() {
    if (auto owner = alive_.lock(); owner && !is_ending_)
      owner_->on_dirty();
    else
      home_.post([self = self_ptr()] { self->flush(); });
  }

  // -- reading --

  void read() {
    is_reading_ = true;
    stream_.async_read_some(idle_, [self = self_ptr()](error_code failed, std::size_t size) {
      self->is_reading_ = false;
      if (self->is_ending_)
        return self->is_finished_ ? self->drain(drain_bytes_max) : void();
      if (failed)
        return self->finish(abnormal);
      if (self->take(self->idle_.data(), size) && self->read_busy(size == self->idle_.size()))
        self->read();
    });
  }

  /// What is likely to be there already comes in large pieces.
  bool read_busy(bool is_likely) {
    thread_local std::vector<char> shared(busy_read_bytes);
    for (int i = 0; is_likely && i < busy_reads_max; ++i) {
      error_code why;
      const auto size = stream_.read_some(shared, why);
      if (why == boost::asio::error::would_block)
        return true;
      if (why) {
        finish(abnormal);
        return false;
      }
      is_likely = size == shared.size() || stream_.is_tls();
      if (!take(shared.data(), size))
        return false;
    }
    return true;
  }

  /// False: it is not the time to read on.
  bool take(char* at, std::size_t size) {
    const auto keep = self_ptr();
    auto* const end = at + size;
    is_taking_ = true;
    const bool goes_on = take_all(at, end);
    is_taking_ = false;
    if (!goes_on && !is_ending_ && at != end)
      unread_.assign(at, end);
    return goes_on;
  }

  bool take_all(char*& at, char* end) {
    for (;;) {
      switch (reader_.read(at, end)) {
      case found::nothing:
        return true;
      case found::message:
        if (!hand_out())
          return false;
        break;
      case found::ping:
        on_ping();
        break;
      case found::pong:
        if (auto owner = alive_.lock(); owner && !is_closing_)
          owner_->on_pong();
        break;
      case found::close:
        end_with(reader_.code(), {}, reader_.code());
        return false;
      case found::broken:
        end_with(reader_.code(), reader_.data(), abnormal);
        return false;
      }
      if (is_ending_)
        return false;
    }
  }

  bool hand_out() {
    if (is_closing_) // nobody wants it; the peer's close frame comes behind
      return true;
    auto owner = alive_.lock();
    if (!owner) {
      abort();
      return false;
    }
    owner_->on_message(reader_.data(), reader_.is_binary());
    return !is_ending_ && (is_closing_ || owner_->wants_more());
  }

  /// §5.5.3: of several pings the last may be answered alone.
  void on_ping() {
    if (is_closing_)
      return;
    if (queue_->bytes() > pong_backlog_bytes)
      owed_pong_ = std::make_unique<std::string>(reader_.data());
    else
      pong(reader_.data());
  }

  void pong(std::string_view payload) {
    queue_->push(make_control_frame(opcode_pong, payload));
    tell_dirty();
  }

  // -- writing --

  void took(std::size_t bytes) {
    home_.stats.wrote(bytes);
    queue_->consume(bytes);
  }

  void on_sent(std::size_t bytes) override {
    took(bytes);
    if (queue_->empty() && progress_ == nullptr && owed_pong_ == nullptr && !is_ending_)
      queue_->note_settled();
  }

  void wait_until_writable() {
    is_blocked_ = true;
    queue_->note_blocked(std::chrono::steady_clock::now());
    if (progress_ == nullptr)
      progress_ = std::make_unique<boost::asio::steady_timer>(home_.io());
    watch_progress(stream_.unacknowledged());
    stream_.wait_writable([self = self_ptr()](error_code failed) {
      if (self->progress_ != nullptr)
        self->progress_->cancel();
      self->is_blocked_ = false;
      if (failed)
        return;
      self->flush();
      if (self->is_blocked_)
        return;
      self->queue_->note_unblocked();
      self->tell_dirty(); // the backlog is gone: its owner may go on
    });
  }

  /// Cuts a peer that takes nothing for 10 s. One that reads slowly makes the socket writable only
  /// when much of what the kernel holds is gone, but makes that less all the while.
  void watch_progress(std::size_t left) {
    progress_->expires_after(domain::limits::write_progress_timeout);
    progress_->async_wait([self = self_ptr(), left](error_code cancelled) {
      if (cancelled || self->is_finished_ || !self->is_blocked_)
        return;
      if (const auto now = self->stream_.unacknowledged(); now < left)
        self->watch_progress(now);
      else
        self->abort();
    });
  }

  // -- the end --

  /// The peer said its last word, or broke the rules: ours, then the end.
  void end_with(std::uint16_t code, std::string_view reason, std::uint16_t peers_code) {
    finish(peers_code, std::exchange(is_closing_, true) ? nullptr : make_close(code, reason));
  }

  void end_by(std::chrono::seconds time) {
    deadline_ = std::make_unique<boost::asio::steady_timer>(home_.io(), time);
    deadline_->async_wait([self = self_ptr()](error_code cancelled) {
      if (!cancelled)
        self->is_finished_ ? self->cut() : self->abort();
    });
  }

  /// The protocol is over: tell the owner once, send what is left, end TCP.
  void finish(std::uint16_t code, frame_ptr last_word = nullptr) {
    if (is_ending_)
      return;
    const auto keep = self_ptr();
    is_ending_ = true;
    if (deadline_ == nullptr && stream_.is_open())
      end_by(close_timeout);
    last_ = queue_->hand_over();
    if (last_word != nullptr)
      last_.push(std::move(last_word));
    queue_->set_writer(nullptr);
    queue_ = &last_;
    if (!stream_.is_open())
      end_tcp();
    else
      flush();
    if (auto owner = alive_.lock())
      owner_->on_gone(code);
  }

  /// Server first (§7.1.1). Closing at once with bytes unread makes the kernel send a reset, which
  /// can destroy the close frame on its way: so what still comes is read away for a while.
  void end_tcp() {
    if (std::exchange(is_finished_, true))
      return;
    progress_.reset();
    error_code ignored;
    stream_.end_writing(ignored);
    if (!stream_.is_open() || ignored)
      return cut();
    if (!is_reading_) // otherwise that read is the first of the drain
      drain(drain_bytes_max);
  }

  void drain(std::size_t left) {
    stream_.async_read_some(idle_, [self = self_ptr(), left](error_code failed, std::size_t size) {
      if (failed || size >= left)
        self->cut();
      else
        self->drain(left - size);
    });
  }

  void cut() {
    if (deadline_ != nullptr)
      deadline_->cancel();
    stream_.close();
  }

  // What each send needs comes first: with many connections these lines are what it waits for.
  write_queue* queue_; // the owner's, until it is told that we are gone
  shard& home_;
  bool is_open_ = false;
  bool is_reading_ = false;
  bool is_taking_ = false;
  bool is_blocked_ = false;
  bool is_closing_ = false;  // our close frame is queued
  bool is_ending_ = false;   // the owner is told
  bool is_finished_ = false; // nothing more is written
  std::uint8_t window_bits_ = 0;
  std::unique_ptr<boost::asio::steady_timer> progress_;
  std::unique_ptr<std::string> owed_pong_;
  byte_stream stream_;

  std::unique_ptr<boost::asio::steady_timer> deadline_;
  handler* owner_;
  std::weak_ptr<void> alive_;
  write_queue last_;
  std::string unread_; // came behind a message after which nothing more was wanted
  rfc6455::message_reader reader_;
  std::array<char, idle_read_bytes> idle_;
};

} // namespace

std::shared_ptr<websocket> websocket::accept(
  shard& home, std::unique_ptr<http::upgraded> from, const options& wanted,
  std::weak_ptr<void> owner_alive, handler* owner, write_queue& queue) {
  auto made = std::make_shared<live_websocket>(
    home, *from, wanted.message_bytes_max, std::move(owner_alive), owner, queue);
  made->start(*from, wanted);
  return made;
}

} // namespace net
