// The simulator over real HTTPS.
#include "simulator/simulator.h"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "http/curl_transport.h"
#include "unit/simulator/service_fixture.h"
#include "x509/chain.h"

namespace simulator {
namespace {

using nlohmann::json;

class SimulatorOverHttps : public ::testing::Test {
 protected:
  void SetUp() override { start(); }

  void start() {
    SimulatorOptions options;
    options.data_dir = dir.path() / "data";
    options.seed_yaml = kAccountSeed;
    options.polite = true;
    auto started = Simulator::start(options, clock);
    ASSERT_TRUE(started) << started.error().message;
    simulator = *std::move(started);
  }

  base::Result<http::Response> send(const std::string& method, const std::string& path,
                                    const json& body = {}) {
    http::CurlTransportOptions options;
    options.ca_pem = simulator->ca_pem();
    const auto transport = TRY(http::CurlTransport::create(options));
    const base::SecretString key = TRY(simulator->api_key());
    http::Request request;
    request.method = method;
    request.url = simulator->base_url() + "/" + path;
    request.headers = {{"X-DC-DEVKEY", std::string(key.expose())}};
    request.once = method != "GET";
    if (!body.is_null()) {
      request.headers.push_back({"Content-Type", "application/json"});
      request.body = body.dump();
    }
    return transport->send(request, {});
  }

  support::TempDir dir;
  base::SystemClock clock;
  std::unique_ptr<Simulator> simulator;
};

json duplicate_body(const x509::PrivateKey& key) {
  return {
      {"certificate",
       {{"common_name", "shop.example.com"},
        {"csr", x509::make_csr(key, {.common_name = "shop.example.com", .dns_names = {}}).value()},
        {"signature_hash", "sha256"}}},
      {"skip_approval", true}};
}

TEST_F(SimulatorOverHttps, IssuesADuplicateWhoseChainVerifies) {
  const auto key = x509::PrivateKey::generate({}).value();

  const auto made = send("POST", "order/certificate/12345/duplicate", duplicate_body(key));
  ASSERT_TRUE(made) << made.error().message;
  const auto list = send("GET", "order/certificate/12345/duplicate");
  const json row = json::parse(list->body)["certificates"][0];
  const auto pem = send("GET", "certificate/" + row["id"].dump() + "/download/format/pem_all");

  EXPECT_EQ(made->status, 201);
  const auto sent = x509::Certificate::parse_all(pem->body);
  ASSERT_TRUE(sent) << sent.error().message;
  const auto chain = x509::build_chain(*sent, key.public_key_sha256(), clock.now());
  ASSERT_TRUE(chain) << chain.error().message;
  EXPECT_EQ(chain->leaf.serial_number(), row["serial_number"]);
  EXPECT_EQ(chain->top->to_pem(), simulator->root_pem());
}

TEST_F(SimulatorOverHttps, DropsTheAnswerOnTheWire) {
  ASSERT_TRUE(simulator->set_faults({"lose_answer:duplicate_create=on*1"}));
  const auto key = x509::PrivateKey::generate({}).value();

  const auto lost = send("POST", "order/certificate/12345/duplicate", duplicate_body(key));

  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, base::Code::kUnavailable);
  EXPECT_FALSE(lost.error().not_sent);
  EXPECT_EQ(simulator->count("duplicate_create"), 1U);
  EXPECT_EQ(simulator->journal({.operation = "duplicate_create"}).size(), 1U)
      << "nobody repeats a POST that is to be sent once";
}

TEST_F(SimulatorOverHttps, ResetsTheConnectionBeforeTheWork) {
  ASSERT_TRUE(simulator->set_faults({"reset_before:user_me=on*1"}));

  EXPECT_FALSE(send("GET", "user/me"));
  EXPECT_TRUE(send("GET", "user/me"));
}

TEST_F(SimulatorOverHttps, CanBeStoppedAndStartedAgain) {
  const auto key = x509::PrivateKey::generate({}).value();
  ASSERT_TRUE(send("POST", "order/certificate/12345/duplicate", duplicate_body(key)));
  simulator->stop();
  simulator.reset();

  start();

  const auto list = send("GET", "order/certificate/12345/duplicate");
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_EQ(json::parse(list->body)["certificates"].size(), 1U);
}

TEST_F(SimulatorOverHttps, KeepsGeneratedKeysPrivate) {
  struct stat facts{};
  ASSERT_EQ(::stat((dir.path() / "data" / "api-key").c_str(), &facts), 0);

  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  EXPECT_EQ(simulator->api_key("nobody").error().code, base::Code::kNotFound);
}

TEST_F(SimulatorOverHttps, OffersWhatPersonsDo) {
  ASSERT_TRUE(simulator->require_approval(7, true));
  ASSERT_TRUE(simulator->allow_duplicates(12346, false));
  const auto renewed = simulator->place_order({.renewal_of = 12345});
  ASSERT_TRUE(renewed) << renewed.error().message;

  EXPECT_EQ(*renewed, 67890);
  EXPECT_EQ(simulator->reissue_primary(1).error().code, base::Code::kNotFound);
  EXPECT_EQ(simulator->admin("PUT", "/requests/1", R"({"status":"odd"})").error().code,
            base::Code::kInvalid);
  EXPECT_TRUE(simulator->violations().empty());
  EXPECT_EQ(simulator->count("order_place"), 0U);
}

TEST(SimulatorOptionsTest, RefuseAnAddressThatOthersCanReach) {
  const base::SystemClock clock;
  support::TempDir dir;
  SimulatorOptions options;
  options.data_dir = dir.path();
  options.seed_yaml = kAccountSeed;
  options.host = "0.0.0.0";

  const auto started = Simulator::start(options, clock);

  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, base::Code::kInvalid);
}

}  // namespace
}  // namespace simulator
