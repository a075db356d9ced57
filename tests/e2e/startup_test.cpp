// What is missing at the start is told in one line and by /readyz, and the process waits for it: it
// neither ends nor needs a restart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/e2e_world.h"

namespace {

using support::E2eTest;
using support::eventually;
using testing::AllOf;
using testing::HasSubstr;

class Startup : public E2eTest {
 protected:
  void TearDown() override {
    if (HasFailure() && started_) std::fprintf(stderr, "%s\n", started_->output().c_str());
    started_.reset();
    E2eTest::TearDown();
    if (!IsSkipped()) cluster().kubectl(crds_applied());
  }

  static std::vector<std::string> crds_applied() {
    return {"apply", "--server-side", "--force-conflicts", "-k", DUPLICERT_SOURCE_DIR "/crds"};
  }

  void launch(const std::vector<std::string>& flags = {}) {
    started_ = make_operator("startup.log", flags);
    ASSERT_TRUE(started_->wait_for_output("--metrics-address", std::chrono::seconds{30}));
  }

  std::string readyz() { return ask(*started_, "--health-address", "/readyz?verbose"); }
  // Whether /readyz fails, and its answer says so.
  bool waits_for(const std::string& text) {
    return eventually([&] {
      const std::string answer = readyz();
      return answer.starts_with("500") && answer.find(text) != std::string::npos;
    });
  }
  bool becomes_ready() {
    return eventually([&] { return readyz().starts_with("200"); });
  }
  // How many lines of the log hold that text.
  std::size_t lines(const std::string& text) {
    std::size_t count = 0;
    const std::string log = started_->output();
    for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++count;
    return count;
  }

  void patch_crd(const std::string& operation) {
    const auto patched =
        cluster().kubectl({"patch", "crd", "duplicatecertificaterequests.duplicert.io",
                           "--type=json", "-p", "[" + operation + "]"});
    ASSERT_TRUE(patched.ok()) << patched.err;
  }

  std::unique_ptr<support::Process> started_;
};

// These change the CRDs of the cluster: they run alone, as all tests of an outage do.
class StartupInCrdOutage : public Startup {};

constexpr const char* kSchema = "/spec/versions/0/schema/openAPIV3Schema/properties";

TEST_F(StartupInCrdOutage, WaitsForACrdThatIsMissing) {
  const auto gone = cluster().kubectl({"delete", "crd", "certificateorders.duplicert.io"});
  ASSERT_TRUE(gone.ok()) << gone.err;
  launch();

  const std::string problem = "does not know certificateorders.duplicert.io";
  EXPECT_TRUE(waits_for(problem)) << readyz();
  EXPECT_THAT(ask(*started_, "--health-address", "/healthz"), HasSubstr("200"));
  EXPECT_TRUE(eventually([&] { return lines(problem + " v1beta1: install the CRDs") == 1; }));

  ASSERT_TRUE(cluster().kubectl(crds_applied()).ok());
  EXPECT_TRUE(becomes_ready()) << readyz();
}

TEST_F(Startup, WaitsForARightThatIsMissing) {
  expect_refusals_by_roles();
  const auto binding = cluster().kubectl(
      {"get", "rolebinding", "duplicert-ledger", "-n", home(), "-o", "jsonpath={.roleRef.name}"});
  ASSERT_TRUE(cluster().kubectl({"delete", "rolebinding", "duplicert-ledger", "-n", home()}).ok());
  launch();

  EXPECT_TRUE(waits_for("may not list and watch certificateorders.duplicert.io")) << readyz();
  EXPECT_THAT(readyz(), AllOf(HasSubstr("forbidden"), HasSubstr("roles of the chart")));

  ASSERT_TRUE(cluster()
                  .kubectl({"create", "rolebinding", "duplicert-ledger", "-n", home(),
                            "--role=" + binding.out, "--serviceaccount=" + home() + ":duplicert"})
                  .ok());
  EXPECT_TRUE(becomes_ready()) << readyz();
}

TEST_F(Startup, TellsThatItMayNotLead) {
  expect_refusals_by_roles();
  ASSERT_TRUE(
      cluster().kubectl({"delete", "rolebinding", "duplicert-leader-election", "-n", home()}).ok());
  launch({"--leader-elect", "--leader-elect-namespace", home()});

  EXPECT_TRUE(waits_for("[-]lease failed: cannot become leader")) << readyz();
}

TEST_F(StartupInCrdOutage, WaitsForACrdThatIsOlder) {
  patch_crd(std::string(R"({"op": "remove", "path": ")") + kSchema + R"(/status/properties/csr"})");
  launch();

  const std::string problem = "duplicatecertificaterequests.duplicert.io is older than duplicert";
  EXPECT_TRUE(waits_for(problem)) << readyz();
  EXPECT_THAT(readyz(), HasSubstr("it lacks status.csr"));
  EXPECT_EQ(lines(problem), 1U);

  ASSERT_TRUE(cluster().kubectl(crds_applied()).ok());
  EXPECT_TRUE(becomes_ready()) << readyz();
}

TEST_F(StartupInCrdOutage, WorksWithACrdThatIsNewerAndSaysSo) {
  patch_crd(std::string(R"({"op": "add", "path": ")") + kSchema +
            R"(/spec/properties/colour", "value": {"type": "string"}})");
  launch();

  EXPECT_TRUE(eventually([&] {
    const std::string answer = readyz();
    return answer.starts_with("200") && answer.find("ignores spec.colour") != std::string::npos;
  })) << readyz();
}

}  // namespace
