#pragma once

#include "domain/role.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace domain {

/// Who may use the free topics that begin with `prefix`: users of this role or a higher one.
/// Nothing: nobody.
struct topic_rule {
  std::string prefix;
  std::optional<role> subscribe;
  std::optional<role> publish;
  friend bool operator==(const topic_rule&, const topic_rule&) = default;
};

/// The free topics of a node (contract.md section 3, `publish`). Of several rules the one with the
/// longest prefix counts; a topic without a rule is nobody's. By default every signed-in user may
/// use topics that begin with `public:`.
class topic_rights {
public:
  topic_rights();
  explicit topic_rights(std::vector<topic_rule> rules);
  bool may_subscribe(std::string_view topic, role who) const;
  bool may_publish(std::string_view topic, role who) const;
  const std::vector<topic_rule>& rules() const { return rules_; }

private:
  const topic_rule* rule_of(std::string_view topic) const;
  std::vector<topic_rule> rules_; // longest prefix first
};

/// Ends with a colon, and none of the server's own topics begins with it.
bool is_topic_prefix(std::string_view text);

} // namespace domain
