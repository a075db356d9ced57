#include "reconcile/item_memory.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/clock.h"

namespace reconcile {
namespace {

using nlohmann::json;

// Answers reads of one Secret and counts them; a null `secret` is none.
class OneSecret final : public http::Transport {
 public:
  explicit OneSecret(json secret, int status = 0) : secret_(std::move(secret)), status_(status) {}
  base::Result<http::Response> send(const http::Request&, std::stop_token) override {
    ++*reads_;
    const int found = secret_.is_null() ? 404 : 200;
    const json body = secret_.is_null() ? json{{"kind", "Status"}, {"code", 404}} : secret_;
    return http::Response{
        .status = status_ != 0 ? status_ : found, .headers = {}, .body = body.dump()};
  }
  base::Result<http::Response> stream(const http::Request& request, const http::BodySink&,
                                      std::stop_token stop) override {
    return send(request, stop);
  }
  std::shared_ptr<int> reads() const { return reads_; }

 private:
  const json secret_;
  const int status_;
  const std::shared_ptr<int> reads_ = std::make_shared<int>(0);
};

class ItemMemoryTest : public testing::Test {
 protected:
  void serve(json secret, int status = 0) {
    auto transport = std::make_unique<OneSecret>(std::move(secret), status);
    reads_ = transport->reads();
    client_ = std::make_unique<kube::Client>(
        kube::ClientOptions{.server = "https://example.test", .field_manager = "test"},
        std::move(transport), std::make_unique<kube::TokenSource>(base::SecretString{}, "", clock_),
        clock_);
  }

  const kube::ObjectKey key_{"team-a", "shop-tls"};
  const base::SystemClock clock_{};
  std::shared_ptr<int> reads_{};
  std::unique_ptr<kube::Client> client_{};
  ItemMemory memory_{};
};

TEST_F(ItemMemoryTest, ReadsASecretOnce) {
  serve({{"kind", "Secret"}, {"metadata", {{"name", "shop-tls"}}}});

  const auto first = memory_.secret(*client_, key_, {});
  const auto second = memory_.secret(*client_, key_, {});

  ASSERT_TRUE(first);
  ASSERT_TRUE(*first);
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(*reads_, 1);
}

TEST_F(ItemMemoryTest, RemembersThatThereIsNone) {
  serve(nullptr);

  EXPECT_FALSE(*memory_.secret(*client_, key_, {}));
  EXPECT_FALSE(*memory_.secret(*client_, key_, {}));
  EXPECT_EQ(*reads_, 1);
}

TEST_F(ItemMemoryTest, DoesNotRememberAnError) {
  serve(nullptr, 503);

  EXPECT_FALSE(memory_.secret(*client_, key_, {}));
  EXPECT_FALSE(memory_.secret(*client_, key_, {}));
  EXPECT_EQ(*reads_, 2);
}

TEST_F(ItemMemoryTest, KnowsWhatWasWrittenAndWhatWasDeleted) {
  serve(nullptr);
  memory_.wrote(key_, {{"metadata", {{"resourceVersion", "7"}}}});

  EXPECT_EQ((**memory_.secret(*client_, key_, {}))["metadata"]["resourceVersion"], "7");
  memory_.deleted(key_);
  EXPECT_FALSE(*memory_.secret(*client_, key_, {}));
  EXPECT_EQ(*reads_, 0);
}

TEST_F(ItemMemoryTest, TellsOfWhatWasWrittenAndDeleted) {
  OwnWrites writes;
  ItemMemory memory(nullptr, &writes, "team-a/shop");
  SecretMeta seen{};
  seen.meta = {.uid = "uid-1", .resource_version = "7"};
  const auto secret = std::make_shared<const SecretMeta>(seen);

  memory.wrote(key_, {{"metadata", {{"uid", "uid-1"}, {"resourceVersion", "7"}}}});
  EXPECT_EQ(writes.take_writer({.key = key_.text(), .after = secret}), "team-a/shop");
  memory.deleted(key_);
  EXPECT_EQ(writes.take_writer({.key = key_.text(), .before = secret}), "team-a/shop");
}

}  // namespace
}  // namespace reconcile
