#include "domain/topic_rights.hpp"

#include <algorithm>
#include <utility>

namespace domain {

namespace {

constexpr std::size_t prefix_bytes_max = 64;

bool is_at_least(role who, const std::optional<role>& wanted) {
  return wanted && who >= *wanted;
}

} // namespace

topic_rights::topic_rights() : topic_rights({{"public:", role::user, role::user}}) {}

topic_rights::topic_rights(std::vector<topic_rule> rules) : rules_(std::move(rules)) {
  std::stable_sort(rules_.begin(), rules_.end(), [](const auto& a, const auto& b) {
    return a.prefix.size() > b.prefix.size();
  });
}

const topic_rule* topic_rights::rule_of(std::string_view topic) const {
  const auto found = std::find_if(rules_.begin(), rules_.end(), [topic](const auto& each) {
    return topic.size() > each.prefix.size() && topic.starts_with(each.prefix);
  });
  return found == rules_.end() ? nullptr : &*found;
}

bool topic_rights::may_subscribe(std::string_view topic, role who) const {
  const auto* rule = rule_of(topic);
  return rule != nullptr && is_at_least(who, rule->subscribe);
}

bool topic_rights::may_publish(std::string_view topic, role who) const {
  const auto* rule = rule_of(topic);
  return rule != nullptr && is_at_least(who, rule->publish);
}

bool is_topic_prefix(std::string_view text) {
  const bool is_own =
    text.starts_with("room:") || text.starts_with("user:") || text.starts_with("all:");
  return text.size() > 1 && text.size() <= prefix_bytes_max && text.ends_with(':') && !is_own
         && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

} // namespace domain
