#include "net/link.hpp"

#include "net/http/upgraded.hpp"
#include "net/shard.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace net {

std::shared_ptr<link> link::accept(
  shard& home, std::shared_ptr<parting_links> parting, std::unique_ptr<http::upgraded> from,
  const websocket::options& wanted, websocket::handler* user, write_queue* queue) {
  auto made = std::make_shared<link>(home, std::move(parting), user);
  made->users_queue_ = queue;
  auto& frames = queue != nullptr ? *queue : made->queue_;
  made->socket_ = websocket::accept(home, std::move(from), wanted, made, made.get(), frames);
  return made;
}

void link::flush() {
  if (socket_ != nullptr)
    socket_->flush();
}

void link::resume() {
  if (socket_ != nullptr)
    socket_->resume();
}

void link::send(frame_ptr what) {
  queue_.push(std::move(what));
  flush();
}

void link::give_to(websocket::handler* user, write_queue& users) {
  user_ = user;
  // A part-sent frame stays in front.
  auto all = std::move(queue_);
  queue_.clear();
  while (!users.empty())
    all.push(users.pop());
  users = std::move(all);
  users_queue_ = &users;
  if (socket_ != nullptr)
    socket_->use_queue(users);
}

void link::part(std::uint16_t code, std::string_view reason) {
  user_ = nullptr;
  if (socket_ == nullptr)
    return;
  const auto keep = shared_from_this();
  parting_->insert(keep);
  if (users_queue_ != nullptr) {
    queue_ = users_queue_->hand_over();
    users_queue_ = nullptr;
    socket_->use_queue(queue_);
  }
  if (is_open_)
    socket_->close(code, reason);
  else
    close_when_open_ = std::make_unique<last_word>(last_word{code, std::string{reason}});
  flush_later();
}

void link::on_open() {
  is_open_ = true;
  if (const auto word = std::move(close_when_open_); word != nullptr && socket_ != nullptr) {
    socket_->close(word->code, word->reason);
    flush_later();
  }
  if (user_ != nullptr)
    user_->on_open();
}

void link::on_message(std::string_view bytes, bool binary) {
  const auto keep = shared_from_this();
  if (user_ != nullptr)
    user_->on_message(bytes, binary);
}

void link::on_gone(std::uint16_t code) {
  const auto keep = shared_from_this();
  socket_.reset();
  parting_->erase(keep);
  if (auto* told = std::exchange(user_, nullptr))
    told->on_gone(code);
}

void link::on_dirty() {
  if (user_ != nullptr && users_queue_ != nullptr)
    user_->on_dirty();
  else
    flush_later();
}

bool link::wants_more() {
  return user_ == nullptr || user_->wants_more();
}

void link::on_pong() {
  if (user_ != nullptr)
    user_->on_pong();
}

void link::flush_later() {
  if (std::exchange(is_flush_posted_, true))
    return;
  boost::asio::post(home_.io(), [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->is_flush_posted_ = false;
      self->flush();
    }
  });
}

} // namespace net
