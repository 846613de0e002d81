#pragma once

#include "domain/error.hpp"

#include <utility>
#include <variant>

namespace domain {

/// A value or the error that prevented it (C++20 has no std::expected).
template <class T>
class result {
public:
  result(T value) : content_(std::move(value)) {}
  result(domain::error why) : content_(std::move(why)) {}

  explicit operator bool() const { return content_.index() == 0; }
  T& operator*() & { return std::get<0>(content_); }
  const T& operator*() const& { return std::get<0>(content_); }
  T&& operator*() && { return std::get<0>(std::move(content_)); }
  T* operator->() { return &std::get<0>(content_); }
  const T* operator->() const { return &std::get<0>(content_); }
  const domain::error& error() const { return std::get<1>(content_); }

private:
  std::variant<T, domain::error> content_;
};

template <>
class result<void> {
public:
  result() = default;
  result(domain::error why) : why_(std::move(why)) {}
  explicit operator bool() const { return why_.code == errc::none; }
  const domain::error& error() const { return why_; }

private:
  domain::error why_;
};

} // namespace domain
