#include "kube/rotating_transport.h"

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace {

using namespace std::chrono_literals;
using base::Result;
using kube::RotatingTransport;
using kube::TlsMaterial;

// Answers with the CA that it was made from, or cannot connect.
class Named final : public http::Transport {
 public:
  explicit Named(std::string name) : name_(std::move(name)) {}
  Result<http::Response> send(const http::Request&, std::stop_token) override {
    if (name_ != "broken") return http::Response{.status = 200, .body = name_};
    return std::unexpected(
        base::Error{.code = base::Code::kUnavailable, .message = "TLS", .not_sent = true});
  }
  Result<http::Response> stream(const http::Request& request, const http::BodySink&,
                                std::stop_token stop) override {
    return send(request, std::move(stop));
  }

 private:
  std::string name_;
};

class RotatingTransportTest : public testing::Test {
 protected:
  RotatingTransport make(const std::string& first) {
    return {
        std::make_unique<Named>(first), TlsMaterial{.ca_pem = first},
        RotatingTransport::Source{
            .load = [this]() -> Result<TlsMaterial> {
              ++loads_;
              if (now_ == "unreadable") return base::fail(base::Code::kInvalid, "no file");
              return TlsMaterial{.ca_pem = now_};
            },
            .make = [](const TlsMaterial& material) -> Result<std::unique_ptr<http::Transport>> {
              if (material.ca_pem == "bad") return base::fail(base::Code::kInvalid, "bad PEM");
              return std::make_unique<Named>(material.ca_pem);
            },
            .version = [this] { return version_; }},
        clock_};
  }
  static std::string used(RotatingTransport& transport) {
    const auto answer = transport.send({}, {});
    return answer ? answer->body : "none";
  }

  support::FakeClock clock_{};
  std::string now_ = "old";
  int loads_ = 0;
  std::uint64_t version_ = 0;
};

TEST_F(RotatingTransportTest, UsesNewMaterialAtOnceThatItIsToldOf) {
  auto transport = make("old");
  now_ = "new";
  EXPECT_EQ(used(transport), "old");

  version_ = 1;

  EXPECT_EQ(used(transport), "new");
  EXPECT_EQ(used(transport), "new");
  EXPECT_EQ(loads_, 1);
}

TEST_F(RotatingTransportTest, UsesTheNewMaterialWithinFiveMinutes) {
  auto transport = make("old");
  now_ = "new";
  EXPECT_EQ(used(transport), "old");
  clock_.advance(5min);

  EXPECT_EQ(used(transport), "new");
}

TEST_F(RotatingTransportTest, LooksSoonerAfterAConnectionThatFailed) {
  auto transport = make("broken");
  now_ = "new";
  EXPECT_EQ(used(transport), "none");
  EXPECT_EQ(used(transport), "none");
  clock_.advance(10s);

  EXPECT_EQ(used(transport), "new");
}

TEST_F(RotatingTransportTest, KeepsTheOldMaterialIfTheNewCannotBeUsed) {
  auto transport = make("old");
  for (const char* state : {"unreadable", "bad", "old"}) {
    now_ = state;
    clock_.advance(5min);
    EXPECT_EQ(used(transport), "old") << state;
  }
  EXPECT_EQ(loads_, 3);
}

}  // namespace
