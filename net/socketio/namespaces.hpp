#pragma once

#include "net/socketio/packet.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace net::socketio {

class socket;

/// What an application is for one client in one namespace: made when the client asks to join, let
/// go when the namespace is left. Runs on the connection's thread.
class resident {
public:
  virtual ~resident() = default;
  /// The client asks to join; `p.data` is its auth payload, if there is any. Answered by the
  /// socket's accept() or refuse(), at once or later.
  virtual void on_connect(const packet& p) = 0;
  /// `p.data` is an array, its first element the event's name. With `p.id` an acknowledgement is
  /// asked for. May be moved from.
  virtual void on_event(packet& p) = 0;
  /// The namespace is left, or the whole connection is gone; the last call. `reason`: one of the
  /// protocol's words.
  virtual void on_left(std::string_view reason) = 0;
};

/// The namespaces that a server has. Complete before the first connection, outlives the last.
class namespaces {
public:
  using factory = std::function<std::shared_ptr<resident>(socket& s)>;

  void add(std::string name, factory make) { all_[std::move(name)] = std::move(make); }
  /// nullptr: there is none of that name. Names are compared as they come: `/admin?x` is another.
  const factory* find(std::string_view name) const {
    const auto found = all_.find(name);
    return found == all_.end() ? nullptr : &found->second;
  }

private:
  std::map<std::string, factory, std::less<>> all_;
};

} // namespace net::socketio
