// Many copies of one order: how many calls to the CA each of them costs, counted by the CA.
// DUPLICERT_COPIES=1000 repeats it at the size of the promise; the default keeps the test short.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/e2e_world.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::E2eTest;

std::size_t copies() {
  const char* given = std::getenv("DUPLICERT_COPIES");
  return given != nullptr ? std::stoul(given) : 120;
}

// Of profile, organization, product, and the inventory: they do not grow with the copies.
constexpr double kCallsOfTheAccount = 8;

struct Case {
  const char* name;
  std::vector<std::string> faults;
  double calls_each;
};

class ManyCopies : public E2eTest, public testing::WithParamInterface<Case> {
 protected:
  void ask_for_all() {
    std::string all;
    for (std::size_t i = 0; i < copies(); ++i) {
      all += fmt::format(
          "---\napiVersion: duplicert.io/v1beta1\nkind: DuplicateCertificateRequest\n"
          "metadata: {{name: copy-{0}, namespace: {1}}}\nspec:\n"
          "  profileRef: {{name: basic}}\n  secretName: copy-{0}-tls\n"
          "  commonName: shop.example.com\n",
          i, home());
    }
    apply(all);
  }

  std::size_t ready() {
    const auto listed = cluster().kubectl({"get", "dcr", "-n", home(), "-o", "json"});
    const json list = json::parse(listed.out, nullptr, false);
    if (!list.is_object()) return 0;
    return static_cast<std::size_t>(std::ranges::count_if(list["items"], [&](const json& item) {
      const json state = condition(item, "Ready");
      return state.is_object() && state["status"] == "True";
    }));
  }

  void wait_all_ready() {
    const auto end = std::chrono::steady_clock::now() + 60s + copies() * 1s;
    std::size_t done = 0;
    while (done < copies() && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(1s);
      done = ready();
    }
    ASSERT_EQ(done, copies());
  }
};

TEST_P(ManyCopies, CostFewCallsEach) {
  start_simulator(GetParam().faults);
  create_api_key();
  apply_profile();
  start_operator();

  ask_for_all();
  wait_all_ready();

  const auto calls = ca().journal().size();
  std::string table;
  for (const auto& [operation, count] : ca().counts()) {
    table += fmt::format("{}={} ", operation, count);
  }
  fmt::print("{} copies, {} calls, {:.3f} each: {}\n", copies(), calls,
             static_cast<double>(calls) / static_cast<double>(copies()), table);
  EXPECT_EQ(ca().count("duplicate_create"), copies());
  EXPECT_TRUE(std::ranges::none_of(
      ca().journal(), [](const simulator::Call& call) { return call.http_status == 429; }));
  const double each =
      (static_cast<double>(calls) - kCallsOfTheAccount) / static_cast<double>(copies());
  EXPECT_LE(each, GetParam().calls_each);
  RecordProperty("calls", static_cast<int>(calls));
}

INSTANTIATE_TEST_SUITE_P(
    Calls, ManyCopies,
    testing::Values(Case{"WithTheChainInTheAnswer", {"chain_in_answer=on"}, 1.1},
                    Case{"WithADownload", {"polite"}, 2.1},
                    Case{"WithSlowAnswers",
                         {"chain_in_answer=off", "slow_answer:duplicate_create=700ms@1"},
                         2.1}),
    [](const auto& one) { return one.param.name; });

}  // namespace
