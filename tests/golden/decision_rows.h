// A decision table as text: a row for each state, the rule that fires, and what a person reads.
// Entry points: Rows, only, decision_table, messages, document_section.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "api/reason.h"
#include "base/check.h"
#include "base/clock.h"
#include "support/fake_clock.h"

namespace golden {

struct Row {
  std::string state{};  // the facts that differ from the plain case
  std::string rule{};
  std::string action{};  // with how long it waits
  std::string reason{};
  std::string message{};
};

// The states of one entry of the ledger (order_table_test.cpp).
std::vector<Row> order_rows();

inline std::string duration_text(const std::optional<base::TimePoint>& until) {
  if (!until) return "until something changes";
  const auto left = *until - support::FakeClock::kStart;
  return base::format_duration(std::chrono::ceil<std::chrono::seconds>(left));
}

// A row for each state, once.
class Rows {
 public:
  std::vector<Row> take() { return std::move(rows_); }

 protected:
  template <class Decision>
  void note(std::string state, const Decision& made, std::string action) {
    if (!known_.insert(state).second) return;
    rows_.push_back({.state = std::move(state),
                     .rule = std::string(made.rule),
                     .action = std::move(action),
                     .reason = std::string(api::name_of(made.reason)),
                     .message = made.message});
  }

 private:
  std::set<std::string> known_{};
  std::vector<Row> rows_{};
};

// A few values of a fact, in the order of the names.
template <class Values>
auto only(const Values& values, const std::vector<std::string_view>& names) {
  using Value = typename Values::value_type;
  std::vector<Value> chosen;
  for (const auto name : names) {
    const auto at = std::ranges::find(values, name, &Value::name);
    BASE_CHECK(at != values.end());
    chosen.push_back(*at);
  }
  return chosen;
}

inline std::vector<std::string_view> rules_without_a_row(
    const std::vector<Row>& rows, const std::vector<std::string_view>& rules) {
  std::vector<std::string_view> missing;
  for (const std::string_view rule : rules) {
    if (!std::ranges::any_of(rows, [&](const Row& row) { return row.rule == rule; })) {
      missing.push_back(rule);
    }
  }
  return missing;
}

inline std::map<std::string, std::map<std::string, std::set<std::string>>> messages_by_rule(
    const std::vector<Row>& rows) {
  std::map<std::string, std::map<std::string, std::set<std::string>>> found;
  for (const Row& row : rows) {
    found[row.rule][row.reason].insert(row.message);
  }
  return found;
}

inline std::string decision_table(const std::vector<Row>& rows) {
  std::string text =
      "# Written by hack/update.sh; tests/golden compares it. state -> rule: what.\n";
  for (const Row& row : rows) {
    text += fmt::format("{} -> {}: {}, {}\n", row.state, row.rule, row.action, row.reason);
  }
  return text;
}

// By rule, in their order.
inline std::string messages(const std::vector<Row>& rows,
                            const std::vector<std::string_view>& rules) {
  const auto found = messages_by_rule(rows);
  std::string text =
      "# Written by hack/update.sh; tests/golden compares it. rule, reason, words.\n";
  for (const std::string_view rule : rules) {
    const auto at = found.find(std::string(rule));
    if (at == found.end()) continue;
    for (const auto& [reason, words] : at->second) {
      for (const std::string& message : words) {
        text += fmt::format("{}, {}: {}\n", rule, reason, message);
      }
    }
  }
  return text;
}

// One heading for each rule, with its words and its states.
inline std::string document_section(const std::vector<Row>& rows,
                                    const std::vector<std::string_view>& rules,
                                    std::string_view heading) {
  const auto found = messages_by_rule(rows);
  std::string text;
  int number = 0;
  for (const std::string_view rule : rules) {
    text += fmt::format("\n{} {}. {}\n\n", heading, ++number, rule);
    if (const auto at = found.find(std::string(rule)); at != found.end()) {
      for (const auto& [reason, words] : at->second) {
        text += fmt::format("- {}: \"{}\"\n", reason, *words.begin());
      }
    }
    text += "\n| state | action | reason |\n|---|---|---|\n";
    for (const Row& row : rows) {
      if (row.rule == rule) {
        text += fmt::format("| {} | {} | {} |\n", row.state, row.action, row.reason);
      }
    }
  }
  return text;
}

}  // namespace golden
