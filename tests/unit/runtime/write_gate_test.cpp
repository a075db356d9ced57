#include "runtime/write_gate.h"

#include <gtest/gtest.h>

namespace runtime {
namespace {

using namespace std::chrono_literals;
using Verdict = WriteGate::Verdict;

const base::Steady kNow{1h};

TEST(WriteGate, IsOpenBeforeTheFirstWrite) {
  WriteGate gate;
  EXPECT_EQ(gate.check([](const auto&) { return false; }, kNow), Verdict::kOpen);
}

TEST(WriteGate, WaitsUntilTheCacheHasTheLastWrite) {
  WriteGate gate;
  gate.wrote("41");
  gate.wrote("42");
  std::string seen = "41";
  const auto has_seen = [&](const std::string& version) { return seen >= version; };

  EXPECT_EQ(gate.check(has_seen, kNow), Verdict::kWait);
  seen = "42";
  EXPECT_EQ(gate.check(has_seen, kNow), Verdict::kOpen);
  seen = "1";  // what was seen once needs no second look
  EXPECT_EQ(gate.check(has_seen, kNow), Verdict::kOpen);
}

TEST(WriteGate, GivesUpOnceAfterItsLimit) {
  WriteGate gate;
  gate.wrote("42");
  const auto never = [](const auto&) { return false; };

  EXPECT_EQ(gate.check(never, kNow), Verdict::kWait);
  EXPECT_EQ(gate.check(never, kNow + 29s), Verdict::kWait);
  EXPECT_EQ(gate.check(never, kNow + 30s), Verdict::kGaveUp);
  EXPECT_EQ(gate.check(never, kNow + 31s), Verdict::kOpen);
}

TEST(WriteGate, CountsItsLimitAnewForEachWrite) {
  WriteGate gate;
  gate.wrote("42");
  const auto never = [](const auto&) { return false; };
  gate.check(never, kNow);
  gate.wrote("43");

  EXPECT_EQ(gate.check(never, kNow + 30s), Verdict::kWait);
}

}  // namespace
}  // namespace runtime
