// One state and what decide() must make of it, for the tables of decide_*_test.cpp.
#pragma once

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/decide.h"

namespace rules {

struct RuleCase {
  std::string rule;
  std::string when;
  Observed seen;
  std::string action;
  api::Reason reason;
  std::vector<std::string> message;  // parts that a person needs: field, value, fix
};

inline void expect_decision(const RuleCase& row) {
  const Decision made = decide(row.seen);

  EXPECT_EQ(made.rule, row.rule);
  EXPECT_EQ(name_of(made.action), row.action);
  EXPECT_EQ(api::name_of(made.reason), api::name_of(row.reason));
  for (const std::string& part : row.message) {
    EXPECT_THAT(made.message, testing::HasSubstr(part));
  }
}

inline std::string name_of_case(const testing::TestParamInfo<RuleCase>& row) {
  return row.param.rule + "_" + row.param.when;
}

}  // namespace rules
