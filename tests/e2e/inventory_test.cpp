// The inventory of orders over the real client and the simulated CA: what an incremental look
// finds, and what it costs, as the CA's journal tells. No cluster is needed.
#include "reconcile/inventory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certcentral/client.h"
#include "http/curl_transport.h"
#include "simulator/simulator.h"
#include "support/temp_dir.h"

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr const char* kSeed = R"(
next_order_id: 500
accounts:
  - id: 1
    users: [{id: 1, username: op}]
    api_keys: [{name: op, user: 1, api_key: generate}]
    organizations: [{id: 7, name: Example Ltd}]
    orders:
      - {id: 101, product: ssl_basic, organization: 7, common_name: a.example.com, issued: -60d}
      - {id: 102, product: ssl_basic, organization: 7, common_name: b.example.com, issued: -50d}
      - {id: 103, product: ssl_basic, organization: 7, common_name: c.example.com, issued: -40d}
)";

class InventoryOfTheCa : public testing::Test {
 protected:
  void SetUp() override { start({}); }

  void start(const std::vector<std::string>& faults) {
    simulator_.reset();
    dir_ = std::make_unique<support::TempDir>();
    simulator::SimulatorOptions options;
    options.data_dir = dir_->path() / "ca";
    options.seed_yaml = kSeed;
    options.polite = true;
    options.faults = faults;
    auto started = simulator::Simulator::start(options, clock_);
    ASSERT_TRUE(started) << started.error().message;
    simulator_ = *std::move(started);
    transport_ = *http::CurlTransport::create({.ca_pem = simulator_->ca_pem()});
    client_ = std::make_unique<certcentral::Client>(
        *transport_, clock_,
        certcentral::ClientOptions{.base_url = simulator_->base_url(),
                                   .api_key = *simulator_->api_key(),
                                   .user_agent = "test"});
    // Three orders are more than a page here, so that looks are incremental.
    inventory_ =
        std::make_unique<reconcile::Inventory>(clock_, reconcile::InventoryOptions{.one_page = 2});
    look();
  }

  // Looks now; returns the operations that the CA saw meanwhile.
  std::vector<std::string> look() {
    const auto before = simulator_->journal().size();
    const auto looked = inventory_->orders(*client_, clock_.steady_now(), {});
    EXPECT_TRUE(looked) << looked.error().message;
    if (looked) list_ = *looked;
    std::vector<std::string> operations;
    const auto journal = simulator_->journal();
    for (std::size_t i = before; i < journal.size(); ++i) {
      operations.push_back(journal[i].operation);
    }
    return operations;
  }
  std::vector<std::int64_t> ids() const {
    std::vector<std::int64_t> found;
    for (const auto& row : list_->rows) found.push_back(row.id);
    return found;
  }
  const certcentral::OrderSummary& row(std::int64_t id) const {
    const auto at = std::ranges::find(list_->rows, id, &certcentral::OrderSummary::id);
    return at == list_->rows.end() ? list_->rows.front() : *at;
  }

  const base::SystemClock clock_{};
  std::unique_ptr<support::TempDir> dir_;
  std::unique_ptr<simulator::Simulator> simulator_;
  std::unique_ptr<http::Transport> transport_;
  std::unique_ptr<certcentral::Client> client_;
  std::unique_ptr<reconcile::Inventory> inventory_;
  reconcile::SharedOrders list_;
};

TEST_F(InventoryOfTheCa, AsksOnlyForWhatIsNewAndWhatHasChanged) {
  EXPECT_THAT(ids(), ElementsAre(103, 102, 101));

  EXPECT_THAT(look(), ElementsAre("order_list", "status_changes"));

  EXPECT_THAT(ids(), ElementsAre(103, 102, 101));
  const auto listed = simulator_->journal({.operation = "order_list"});
  EXPECT_THAT(listed.back().query, testing::HasSubstr("date_created"));
}

TEST_F(InventoryOfTheCa, FindsARenewalThatAPersonPlaced) {
  ASSERT_TRUE(simulator_->place_order({.renewal_of = 103}));

  look();

  EXPECT_THAT(ids(), ElementsAre(500, 103, 102, 101));
}

TEST_F(InventoryOfTheCa, SeesThatACertificateWasReissued) {
  const auto before = row(101).certificate.id;
  ASSERT_TRUE(simulator_->reissue_primary(101));

  look();

  EXPECT_NE(row(101).certificate.id, before);
  const auto order = inventory_->order(*client_, 101, base::Steady::min(), {});
  ASSERT_TRUE(order);
  EXPECT_EQ((*order)->certificate.id, row(101).certificate.id);
}

TEST_F(InventoryOfTheCa, SeesThatAnOrderIsOver) {
  ASSERT_TRUE(simulator_->revoke_certificate(*row(102).certificate.id));

  look();

  EXPECT_EQ(row(102).status, certcentral::OrderStatus::kRevoked);
}

TEST_F(InventoryOfTheCa, IsNotMisledByFiltersThatAreIgnoredAndRowsThatAreShuffled) {
  start({"ignored_filters=1", "shuffled_order=1", "loose_types=1", "empty_body=1"});
  ASSERT_TRUE(simulator_->place_order({.renewal_of = 103}));

  look();

  EXPECT_THAT(ids(), ElementsAre(500, 103, 102, 101));
}

TEST_F(InventoryOfTheCa, FindsAnOrderByItsChangeThatTheListDoesNotShowYet) {
  ASSERT_TRUE(simulator_->set_faults({"listing_lag=600s@1"}));
  ASSERT_TRUE(simulator_->place_order({.renewal_of = 103}));

  look();

  EXPECT_THAT(ids(), ElementsAre(500, 103, 102, 101));
}

}  // namespace
