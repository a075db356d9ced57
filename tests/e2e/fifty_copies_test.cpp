// Fifty copies of one order in ten namespaces come due in the same second: exactly one renewal
// takes effect at the CA, and every other copy is a duplicate of its result, whatever happens.
#include <csignal>
#include <map>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/chart_account.h"
#include "support/renewal_world.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::Copy;

constexpr int kNamespaces = 10;
constexpr int kCopies = 50;

class FiftyCopies : public support::RenewalTest {
 protected:
  // The CA, the profile, and fifty copies that are due; nothing works on them yet.
  void begin() {
    start_simulator();
    if (HasFatalFailure()) return;
    create_api_key();
    apply_profile();
    namespaces_ = {home(), other()};
    while (namespaces_.size() < kNamespaces) {
      namespaces_.push_back(cluster().make_namespace("e2e-c"));
      support::give_chart_rights(cluster(), home(), namespaces_.back());
    }
    for (int i = 0; i < kCopies; ++i) {
      copies_.push_back({.namespace_ = namespaces_[static_cast<std::size_t>(i % kNamespaces)],
                         .name = fmt::format("copy-{}", i)});
    }
    install(copies_);
  }

  std::vector<std::string> all_flags(const std::string& settle_window = "8s") const {
    auto all = flags(settle_window);
    for (std::size_t i = 2; i < namespaces_.size(); ++i) {
      all.insert(all.end(), {"--namespace", namespaces_[i]});
    }
    return all;
  }

  // How many of the copies' statuses tell of the renewed order.
  int followed() {
    int count = 0;
    for (const std::string& namespace_ : namespaces_) {
      const auto got = cluster().kubectl({"get", "dcr", "-n", namespace_, "-o", "json"});
      const json list = json::parse(got.out, nullptr, false);
      if (!list.is_object()) continue;
      for (const json& item : list["items"]) {
        const auto order = item.value(json::json_pointer("/status/order/id"), std::int64_t{0});
        if (order >= 67890) ++count;
      }
    }
    return count;
  }

  void wait_for_order_post() {
    ASSERT_TRUE(support::eventually([&] { return ca().count("order_place") == 1; }, 60s));
  }

  void expect_one_order_for_all(std::chrono::seconds at_most = 120s) {
    const int expected = static_cast<int>(copies_.size());
    const bool done = support::eventually(
        [&] {
          std::this_thread::sleep_for(500ms);
          return followed() == expected;
        },
        at_most);
    ASSERT_TRUE(done) << followed() << " of " << expected << " follow";
    EXPECT_EQ(renewals_of(12345), 1U) << "bought more than once";
    EXPECT_EQ(ca().count("order_place"), 1U);
    for (const auto& violation : ca().violations()) ADD_FAILURE() << violation.detail;
    expect_every_copy_is_of_that_order();
  }

  void expect_every_copy_is_of_that_order() {
    std::map<std::string, std::string> name_by_serial;
    json renewal;
    for (const json& order : orders_at_ca()) {
      if (order["renewal_of"] == 12345) renewal = order;
    }
    std::set<std::string> issued;
    for (const json& one : renewal["certificates"]) {
      std::string serial = one["serial_number"];
      std::ranges::transform(serial, serial.begin(),
                             [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      issued.insert(serial);
    }
    std::set<std::string> installed;
    for (const Copy& copy : copies_) {
      std::string serial = leaf(copy.name + "-tls", copy.namespace_).serial_number();
      std::ranges::transform(serial, serial.begin(),
                             [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      EXPECT_TRUE(issued.contains(serial)) << copy.name << " is not of the renewed order";
      installed.insert(serial);
    }
    EXPECT_EQ(installed.size(), copies_.size()) << "two copies share a certificate";
  }

  std::vector<std::string> namespaces_;
  std::vector<Copy> copies_;
};

TEST_F(FiftyCopies, Quiet) {
  begin();
  start_operator(all_flags());

  expect_one_order_for_all();

  EXPECT_EQ(ca().count("duplicate_create"), 49U) << "one copy is the order's own certificate";
}

TEST_F(FiftyCopies, TheAnswerToTheOrderIsLost) {
  begin();
  ASSERT_TRUE(ca().set_faults({"lose_answer:order_place=on*1"}));
  start_operator(all_flags());

  expect_one_order_for_all();
}

TEST_F(FiftyCopies, TheProcessIsKilledRightAfterThePost) {
  begin();
  // The CA has the order, and its answer is still under way.
  ASSERT_TRUE(ca().set_faults({"late_answer:order_place=10s*1", "listing_lag=3s"}));
  start_operator(all_flags());
  wait_for_order_post();

  op().signal(SIGKILL);
  stop_operator();
  start_operator(all_flags());

  expect_one_order_for_all();
}

TEST_F(FiftyCopies, TheLeaderChangesInTheMiddle) {
  begin();
  ASSERT_TRUE(ca().set_faults({"late_answer:order_place=5s*1"}));
  auto elected = all_flags();
  elected.insert(elected.end(), {"--leader-elect", "--leader-elect-namespace", home()});
  start_operator(elected);
  wait_for_order_post();
  op().signal(SIGSTOP);
  const auto second = make_operator("second.log", elected);

  expect_one_order_for_all();

  op().signal(SIGCONT);
  EXPECT_TRUE(op().wait_for_output("lost the lease", 30s)) << "a deposed leader goes on";
  std::this_thread::sleep_for(2s);
  EXPECT_EQ(ca().count("order_place"), 1U);
  second->terminate(30s);
}

TEST_F(FiftyCopies, TheCaIsDownForAWhile) {
  begin();
  ASSERT_TRUE(ca().set_faults({"lose_answer:order_place=on*1"}));
  start_operator(all_flags("20s"));
  wait_for_order_post();

  restart_simulator(6s);

  expect_one_order_for_all();
}

TEST_F(FiftyCopies, TheListOfOrdersLagsThirtySeconds) {
  begin();
  ASSERT_TRUE(ca().set_faults({"listing_lag=30s@1", "lose_answer:order_place=on*1"}));
  start_operator(all_flags("45s"));

  expect_one_order_for_all(180s);
}

TEST_F(FiftyCopies, TheRequesterIsDeletedRightAfterThePost) {
  begin();
  ASSERT_TRUE(ca().set_faults({"lose_answer:order_place=on*1"}));
  start_operator(all_flags());
  wait_for_order_post();
  ASSERT_EQ(ledger().size(), 1U);
  const std::string requester = ledger()[0]["spec"]["requestedBy"];
  const auto slash = requester.find('/');
  const auto gone = cluster().kubectl(
      {"delete", "dcr", requester.substr(slash + 1), "-n", requester.substr(0, slash)});
  ASSERT_TRUE(gone.ok()) << gone.err;
  std::erase_if(copies_,
                [&](const Copy& copy) { return copy.namespace_ + "/" + copy.name == requester; });

  expect_one_order_for_all();
}

TEST_F(FiftyCopies, TwoOperatorsBothBelieveThatTheyLead) {
  expect_two_writers();
  begin();
  start_operator(all_flags());
  const auto second = make_operator("second.log", all_flags());

  expect_one_order_for_all();

  second->terminate(30s);
}

}  // namespace
