// Our client against the simulator, over real HTTPS: two readings of the same documents, which
// share no code. Each call has a typed result, whichever oddity the answer shows, and no layer
// repeats a POST.
#include "certcentral/client.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certcentral/errors.h"
#include "http/curl_transport.h"
#include "unit/simulator/service_fixture.h"
#include "x509/chain.h"

namespace simulator {
namespace {

using certcentral::CallKind;
using certcentral::Client;
using certcentral::ErrorClass;
using certcentral::OrderStatus;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

constexpr std::int64_t kShop = 12345;

class ClientOverHttps : public ::testing::Test {
 protected:
  void SetUp() override {
    SimulatorOptions options;
    options.data_dir = dir_.path() / "data";
    options.seed_yaml = kAccountSeed;
    options.polite = true;
    auto started = Simulator::start(options, clock_);
    ASSERT_TRUE(started) << started.error().message;
    simulator_ = *std::move(started);
    auto transport = http::CurlTransport::create({.extra_ca_pem = simulator_->ca_pem()});
    ASSERT_TRUE(transport) << transport.error().message;
    transport_ = *std::move(transport);
    client_ = client_with(simulator_->api_key().value());
  }

  std::unique_ptr<Client> client_with(const base::SecretString& key) {
    return std::make_unique<Client>(
        *transport_, clock_,
        certcentral::ClientOptions{.base_url = simulator_->base_url(), .api_key = key});
  }

  void misbehave(const std::vector<std::string>& faults) {
    const auto set = simulator_->set_faults(faults);
    ASSERT_TRUE(set) << set.error().message;
  }

  // The value of a call that must succeed.
  template <class T>
  T got(base::Result<T> result) {
    if (result) return *std::move(result);
    ADD_FAILURE() << result.error().message;
    return T{};
  }

  base::Result<certcentral::Submission> submit(const x509::PrivateKey& key) {
    const auto csr = x509::make_csr(key, {.common_name = "shop.example.com"});
    return client_->submit_duplicate(
        kShop,
        {.common_name = "shop.example.com", .dns_names = {"api.example.com"}, .csr = csr.value()},
        {});
  }

  Client& ca() { return *client_; }
  Simulator& simulator() { return *simulator_; }
  http::Transport& transport() { return *transport_; }

 private:
  support::TempDir dir_;
  base::SystemClock clock_;
  std::unique_ptr<Simulator> simulator_;
  std::unique_ptr<http::Transport> transport_;
  std::unique_ptr<Client> client_;
};

// Every call, under one switch that changes the shape of answers and fails none.

class EveryCall : public ClientOverHttps, public testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    ClientOverHttps::SetUp();
    if (!HasFatalFailure() && GetParam() != "polite") misbehave({GetParam() + "=on"});
  }
};

TEST_P(EveryCall, TellsOfTheAccount) {
  const auto user = got(ca().user_me({}));
  EXPECT_EQ(user.account_id, 7);
  EXPECT_TRUE(user.can_approve());

  EXPECT_THAT(got(ca().list_organizations({.active_only = true}, {})),
              ElementsAre(Field(&certcentral::Organization::id, 550011)));
  const auto organization = got(ca().organization(550011, {}));
  EXPECT_EQ(organization.name, "Example Ltd");
  EXPECT_THAT(organization.validations, testing::Not(IsEmpty()));

  const auto product = got(ca().product("ssl_basic", {}));
  EXPECT_EQ(product.duplicates_allowed, true);
  EXPECT_FALSE(product.is_dv());
  EXPECT_THAT(product.allowed_order_validity_years, ElementsAre(1, 2, 3));
  EXPECT_TRUE(got(ca().product("ssl_dv_geotrust", {})).is_dv());
}

TEST_P(EveryCall, TellsOfOrders) {
  const auto listed = got(ca().list_orders({.common_name = "shop.example.com"}, {}));
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].id, kShop);
  EXPECT_EQ(listed[0].organization_id, 550011);
  EXPECT_THAT(got(ca().list_orders({.common_name = "nobody.example.com"}, {})), IsEmpty());
  EXPECT_EQ(got(ca().list_orders({.product_name_id = "ssl_dv_geotrust"}, {}))[0].organization_id,
            std::nullopt);

  const auto order = got(ca().order(kShop, {}));
  EXPECT_EQ(order.status, OrderStatus::kIssued);
  EXPECT_EQ(order.allow_duplicates, true);
  EXPECT_TRUE(order.order_valid_till);
  EXPECT_THAT(order.certificate.dns_names, Contains("api.example.com"));
  EXPECT_EQ(got(ca().order_by_serial(order.certificate.serial_number, {})).id, kShop);
}

TEST_P(EveryCall, GetsADuplicateByItsKey) {
  const auto key = x509::PrivateKey::generate({}).value();
  const auto submission = got(submit(key));
  EXPECT_EQ(submission.order_id, kShop);
  EXPECT_EQ(got(ca().request(submission.request_id.value_or(0), {})).status,
            certcentral::RequestStatus::kApproved);

  const auto list = got(ca().list_duplicates(kShop, {}));
  const auto ours = std::ranges::find_if(list, [&](const certcentral::Duplicate& one) {
    const auto csr = x509::Csr::parse(one.csr);
    return csr && csr->public_key_sha256() == key.public_key_sha256();
  });
  ASSERT_NE(ours, list.end());
  EXPECT_TRUE(ours->looks_issued());
  const std::string pem = got(ca().download_certificate(ours->id, {}));

  const auto sent = x509::Certificate::parse_all(pem);
  ASSERT_TRUE(sent) << sent.error().message;
  const auto chain = x509::build_chain(*sent, key.public_key_sha256());
  ASSERT_TRUE(chain) << chain.error().message;
  ASSERT_TRUE(chain->top);
  EXPECT_TRUE(chain->top->is_self_signed());
}

TEST_P(EveryCall, RenewsAnOrderThatIsFoundAgain) {
  const auto key = x509::PrivateKey::generate({}).value();
  const auto placed = got(
      ca().submit_order({.product_name_id = "ssl_basic",
                         .common_name = "shop.example.com",
                         .csr = x509::make_csr(key, {.common_name = "shop.example.com"}).value(),
                         .organization_id = 550011,
                         .renewal_of_order_id = kShop,
                         .alternative_order_id = "attempt-1"},
                        {}));
  EXPECT_EQ(placed.order_id, 67890);

  const auto is_it = Field(&certcentral::OrderReference::order_id, 67890);
  EXPECT_THAT(got(ca().orders_by_alternative_id("attempt-1", {})), ElementsAre(is_it));
  EXPECT_THAT(got(ca().orders_by_alternative_id("attempt-2", {})), IsEmpty());
  EXPECT_THAT(got(ca().status_changes(std::chrono::minutes{5}, {})), Contains(is_it));
  const auto links_are_shown = GetParam() != "missing_links";
  EXPECT_EQ(got(ca().order(67890, {})).renewal_of_order_id,
            links_are_shown ? std::optional<std::int64_t>(kShop) : std::nullopt);
  EXPECT_EQ(got(ca().order(kShop, {})).renewed_order_id,
            links_are_shown ? std::optional<std::int64_t>(67890) : std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Shown, EveryCall,
                         testing::Values("polite", "loose_types", "empty_body", "ignored_filters",
                                         "shuffled_order", "missing_links", "primary_in_list",
                                         "cross_signed", "chain_in_answer", "status_in_answer"),
                         [](const auto& one) { return one.param; });

// What a call that went wrong means.

struct Outcome {
  std::string fault{};
  ErrorClass of_a_read{};
  ErrorClass of_a_post{};
  bool took_effect = false;
};

void PrintTo(const Outcome& one, std::ostream* out) {
  *out << one.fault;
}

class EachFailure : public ClientOverHttps, public testing::WithParamInterface<Outcome> {};

TEST_P(EachFailure, HasItsClassAndIsNotRepeated) {
  misbehave({GetParam().fault + "=on"});

  const auto read = ca().user_me({});
  const auto posted = submit(x509::PrivateKey::generate({}).value());

  ASSERT_FALSE(read);
  ASSERT_FALSE(posted);
  EXPECT_EQ(class_of(read.error(), CallKind::kRead), GetParam().of_a_read) << read.error().message;
  EXPECT_EQ(class_of(posted.error(), CallKind::kPost), GetParam().of_a_post);
  EXPECT_EQ(simulator().journal({.operation = "duplicate_create"}).size(), 1U);
  EXPECT_EQ(simulator().count("duplicate_create"), GetParam().took_effect ? 1U : 0U);
}

using enum ErrorClass;
INSTANTIATE_TEST_SUITE_P(Faults, EachFailure,
                         testing::Values(Outcome{"lose_answer", kTransient, kAmbiguous, true},
                                         Outcome{"reset_before", kTransient, kAmbiguous, false},
                                         Outcome{"html_500", kTransient, kAmbiguous, false},
                                         Outcome{"html_502_after", kTransient, kAmbiguous, true},
                                         Outcome{"too_many_requests", kRateLimited, kRateLimited,
                                                 false}),
                         [](const auto& one) { return one.param.fault; });

TEST_F(ClientOverHttps, TellsABadKeyFromAMissingPermission) {
  const auto of = [&](const base::SecretString& key) {
    const auto denied = client_with(key)->list_organizations({}, {});
    EXPECT_FALSE(denied);
    return denied ? base::Code::kInternal : denied.error().code;
  };

  EXPECT_EQ(of(base::SecretString("not-a-key")), base::Code::kUnauthenticated);
  EXPECT_EQ(of(simulator().api_key("orders").value()), base::Code::kPermissionDenied);
}

// libcurl itself repeats a request when a connection that it has used before closes without an
// answer: the control shows that the journal would tell.
TEST_F(ClientOverHttps, NeverRepeatsAPostOnAWarmConnection) {
  ASSERT_TRUE(ca().user_me({}));
  misbehave({"lose_answer:duplicate_create=on*1"});

  const auto lost = submit(x509::PrivateKey::generate({}).value());

  ASSERT_FALSE(lost);
  EXPECT_EQ(class_of(lost.error(), CallKind::kPost), kAmbiguous);
  EXPECT_EQ(simulator().journal({.operation = "duplicate_create"}).size(), 1U);
  EXPECT_EQ(simulator().count("duplicate_create"), 1U);
}

TEST_F(ClientOverHttps, AControlThatAllowsAWarmConnectionIsRepeatedByTheLibrary) {
  ASSERT_TRUE(ca().user_me({}));
  misbehave({"lose_answer:note_create=on*1"});

  const auto sent =
      transport().send({.method = "POST",
                        .url = simulator().base_url() + "/order/certificate/12345/note",
                        .headers = {{"X-DC-DEVKEY", std::string(simulator().api_key()->expose())},
                                    {"Content-Type", "application/json"}},
                        .body = R"({"text":"a note"})"},
                       {});

  EXPECT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(simulator().journal({.operation = "note_create"}).size(), 2U);
}

}  // namespace
}  // namespace simulator
